import { expect, test } from "vitest";
import { Corpus } from "../../lib/data/corpus.js";
import { SentenceBatches } from "../../lib/data/sentenceBatches.js";
import { sentenceMarks } from "../../lib/data/sentenceMarks.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import { CharacterTokenizer } from "../../lib/index.js";

const dense = "the cat sat on the mat\nabc\n".repeat(40);
const loose = "the cat sat on the mat\n\nabc\n\n\n".repeat(40);

for (const [kind, tokenizer] of [
  ["characters", CharacterTokenizer.fromText(dense)],
  ["words", WordTokenizer.fromText(dense)],
] as const) {
  const batches = async (text: string) => {
    const stream = await Corpus.fromText(text).tokenize(tokenizer);
    return { stream, whole: await SentenceBatches.from(stream, { ...sentenceMarks(tokenizer), batchSize: 4 }) };
  };

  test(`${kind}: empty lines, which nobody predicts, change no bits per character`, async () => {
    const [{ whole: one }, { whole: other }] = [await batches(dense), await batches(loose)];
    expect([one.tokens, one.characters]).toEqual([other.tokens, dense.length]);
    expect(other.characters).toBe(dense.length);
  });

  test(`${kind}: lines that are held out have their characters also where empty ones stand between`, async () => {
    const parts = await Promise.all(
      [dense, loose].map(async (text) => (await batches(text)).stream.splitLines({ validation: 0.25, seed: 3 })),
    );
    const counts = parts.map(({ train, validation }) => [train.characters, validation.characters]);
    // Words are not all of one length: between known places they are counted in proportion, and rounded.
    for (const part of [0, 1]) {
      expect(Math.abs((counts[1]?.[part] as number) - (counts[0]?.[part] as number))).toBeLessThanOrEqual(
        kind === "words" ? 5 : 0,
      );
    }
    for (const own of counts) expect((own[0] as number) + (own[1] as number)).toBe(dense.length);
  });
}
