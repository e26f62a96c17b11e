import { absentError } from "../../absent.js";

/** In place of the library that learns subwords. @throws OstinatoError ERR_OSTINATO_BROWSER. */
export const learnSubwords: typeof import("../../../data/subwordVocabulary.js").learnSubwords = async () => {
  throw absentError(
    "subwords are not learnt",
    "Learn them in Node, or give a tokenizer.json (new SubwordTokenizer(json)).",
  );
};
