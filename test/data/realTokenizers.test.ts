import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { randomText } from "./randomText.js";
import { texts } from "./subwordSettings.js";
import { hasLibrary, Library } from "./tokenizersLibrary.js";

/** A folder with the tokenizer.json files of published models, and texts (*.txt) to try them on. */
const folder = process.env.OSTINATO_TOKENIZER_FILES ?? "";

const files = folder !== "" && existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
const tokenizers = files.filter((file) => file.endsWith(".json"));
const long = files.filter((file) => file.endsWith(".txt")).map((file) => readFileSync(file, "utf8"));

const library = new Library();
afterAll(() => library.close());

describe.skipIf(!hasLibrary || tokenizers.length === 0)("published tokenizers (OSTINATO_TOKENIZER_FILES)", () => {
  test.each(tokenizers.map((file) => [basename(file), file]))(
    "%s gives the library's ids and text, or is refused by name",
    async (_, file) => {
      const content = readFileSync(file, "utf8");
      let own: SubwordTokenizer;
      try {
        own = new SubwordTokenizer(JSON.parse(content));
      } catch (error) {
        expect(error).toMatchObject({ code: "ERR_OSTINATO_INPUT", message: expect.stringMatching(/^tokenizer\.json/) });
        return;
      }
      const random = Array.from({ length: 100 }, (_, seed) => randomText(seed));
      const all = [...texts, ...random, ...long];
      const expected = await library.ids(content, all);
      for (const [i, text] of all.entries()) {
        const about = JSON.stringify(text.slice(0, 200));
        expect([...own.encode(text)], about).toEqual(expected[i]);
      }
      const lists = expected.filter((ids) => ids !== null && ids.length > 0) as number[][];
      const decoded = await library.decoded(content, lists);
      for (const [i, ids] of lists.entries()) expect(own.decode(ids)).toBe(decoded[i]);
    },
    600_000,
  );
});
