import { afterAll, describe, expect, test } from "vitest";
import { splitBehaviors } from "../../lib/data/subwords/splits.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { cutAnywhere, randomNumbers, randomText } from "./randomText.js";
import { jsonOf, randomSettings } from "./subwordFiles.js";
import { decoders, models, normalizers, preTokenizers, texts } from "./subwordSettings.js";
import { hasLibrary, Library } from "./tokenizersLibrary.js";

const library = new Library();
afterAll(() => library.close());

/** Our ids of a text; null where it is an error. */
function ownIds(tokenizer: SubwordTokenizer, text: string): number[] | null {
  try {
    return [...tokenizer.encode(text)];
  } catch (error) {
    expect(error).toMatchObject({ code: "ERR_OSTINATO_INPUT" });
    return null;
  }
}

/** Compares both on texts, whole and in pieces; gives the number of texts that have ids from both. */
async function expectSameIds(json: object, texts: readonly string[]): Promise<number> {
  const own = new SubwordTokenizer(json);
  const expected = await library.ids(json, texts);
  let compared = 0;
  for (const [i, text] of texts.entries()) {
    const ids = ownIds(own, text);
    // A character without a token is an error here, and the library leaves it out.
    if (ids === null || expected[i] === null) continue;
    expect(ids, JSON.stringify(text)).toEqual(expected[i]);
    const encoder = own.encoder();
    const pieces = cutAnywhere(text, i, 5).map((piece) => encoder.push(piece));
    expect(
      [...pieces, encoder.end()].flatMap((piece) => [...piece]),
      JSON.stringify(text),
    ).toEqual(ids);
    compared++;
  }
  return compared;
}

describe.skipIf(!hasLibrary)("with the npm package tokenizers", () => {
  test.each(Object.keys(preTokenizers))("pre-tokenizer %s gives the library's ids", async (name) => {
    for (const model of ["characters", "pairs", "pieces", "words", "unigrams"] as const) {
      const json = jsonOf({ model: models[model], pre_tokenizer: preTokenizers[name] as object });
      expect(await expectSameIds(json, texts)).toBe(texts.length);
    }
  });

  test("a Unigram without an unknown token has the library's ids, and errors", async () => {
    const texts = ["ab", "aba", "abc", "b", "aab", "\u{1f600}a", "a\u{1f600}"];
    for (const [a, ab] of [
      [-1, -1.5],
      [-1, -15],
      [20, -15],
    ]) {
      const vocab = [
        ["a", a],
        ["ab", ab],
        ["\u{1f600}a", -3],
      ];
      const json = jsonOf({ model: { type: "Unigram", vocab }, added: 0 });
      const own = new SubwordTokenizer(json);
      expect(texts.map((text) => ownIds(own, text))).toEqual(await library.ids(json, texts));
    }
  });

  test.each(Object.keys(normalizers))("normalizer %s gives the library's ids", async (name) => {
    for (const model of ["characters", "bytes"] as const) {
      const json = jsonOf({ model: models[model], normalizer: normalizers[name] as object });
      expect(await expectSameIds(json, texts)).toBe(texts.length);
    }
  });

  test.each(["Strip true true", "Strip true false", "StripAccents", "Nmt", "Replace by nothing", "BERT true true"])(
    "after %s the front of a text is marked where the library marks it",
    async (name) => {
      for (const pre of ["Metaspace first", "words, then the first marked"]) {
        const settings = { normalizer: normalizers[name] as object, pre_tokenizer: preTokenizers[pre] as object };
        const fronts = [
          "x",
          " x",
          "\t x",
          "\u0301x",
          "\x01x",
          "ax",
          "aex",
          "ea",
          "  x",
          "\u00a0\u0301x",
          "<s>x",
          " <s>x",
        ];
        expect(await expectSameIds(jsonOf({ model: models.characters, ...settings }), fronts)).toBe(fronts.length);
      }
    },
  );

  test.each(["Replace white space", "Replace letters", "Replace a space"])(
    "after %s, of one character or several, the front of a text is marked where the library marks it",
    async (name) => {
      const settings = {
        normalizer: normalizers[name] as object,
        pre_tokenizer: preTokenizers["Metaspace first"] as object,
      };
      const fronts = ["x", " x", "  x", "\t x", "ax", "aex", "xaex", "<s>aex", "aex<s>ae", "ae"];
      expect(await expectSameIds(jsonOf({ model: models.characters, ...settings }), fronts)).toBe(fronts.length);
    },
  );

  test.each(["(?=a)", "^", "a*", "\\b"])(
    "Split by %s, which can match nothing, leaves the front of a text where the library has it",
    async (Regex) => {
      const fronts = ["ab", "xaay", "aab", " ab", "a", "x"];
      for (const behavior of splitBehaviors) {
        for (const invert of [false, true]) {
          const split = { type: "Split", pattern: { Regex }, behavior, invert };
          const pre_tokenizer = { type: "Sequence", pretokenizers: [split, preTokenizers["Metaspace first"]] };
          expect(await expectSameIds(jsonOf({ model: models.characters, pre_tokenizer }), fronts)).toBe(fronts.length);
        }
      }
    },
  );

  test.each(Object.keys(models))("model %s gives the library's ids", async (name) => {
    const settings = [
      null,
      { type: "WhitespaceSplit" },
      { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    ];
    for (const pre_tokenizer of settings) {
      const json = jsonOf({ model: models[name as keyof typeof models], pre_tokenizer });
      expect(await expectSameIds(json, texts)).toBeGreaterThan(name === "byte letters" ? 0 : texts.length - 1);
    }
  });

  test.each(Object.keys(decoders))("decoder %s gives the library's text", async (name) => {
    const json = jsonOf({ model: models.all, decoder: decoders[name] as object });
    const own = new SubwordTokenizer(json);
    const random = randomNumbers(7);
    const lists = Array.from({ length: 300 }, () => Array.from({ length: 1 + random(8) }, () => random(own.size)));
    const expected = await library.decoded(json, lists);
    for (const [i, ids] of lists.entries()) {
      expect(own.decode(ids), JSON.stringify(ids.map((id) => own.token(id)))).toBe(expected[i]);
    }
  });

  test("random settings together give the library's ids", async () => {
    let equal = 0;
    for (let seed = 0; seed < Number(process.env.OSTINATO_ORACLE_SEEDS ?? 400); seed++) {
      const json = randomSettings(seed);
      try {
        new SubwordTokenizer(json);
      } catch (error) {
        expect(error).toMatchObject({ code: "ERR_OSTINATO_INPUT" });
        continue;
      }
      const some = [...texts.filter((_, i) => i % 4 === seed % 4), randomText(seed)];
      equal += await expectSameIds(json, some).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${JSON.stringify({ ...json, model: undefined })}: ${error.message}`);
      });
    }
    expect(equal).toBeGreaterThan(2000);
  }, 120_000);
});
