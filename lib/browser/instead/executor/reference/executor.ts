import { absentError } from "../../../absent.js";

/** In place of the reference executor, which is a file of its own. @throws OstinatoError ERR_OSTINATO_BROWSER. */
export class ReferenceExecutor {
  constructor() {
    throw absentError(
      "the reference executor is a file of its own",
      'Take it from there: import { ReferenceExecutor } from "ostinato/reference", and { executor: new ReferenceExecutor() }.',
    );
  }
}
