import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { NgramTrainOptions } from "../../../lib/index.js";
import { Corpus, NgramModel } from "../../../lib/index.js";

const data = (part: string) => fileURLToPath(new URL(`../../../../shared/data/ptb/ptb.${part}.txt`, import.meta.url));

// Not part of the package: it runs where the data sets stand beside it.
describe.skipIf(!existsSync(data("train")))("Penn Treebank (data sets beside the repository)", () => {
  const perplexity = async (options: NgramTrainOptions) => {
    const model = await NgramModel.train(Corpus.fromFile(data("train")), options);
    const stream = await Corpus.fromFile(data("test")).tokenize(model.tokenizer);
    expect(stream.length).toBe(82_430);
    return (await model.evaluate(stream)).perplexity;
  };

  test("modified Kneser-Ney of three and five words: the published 148.3 and 141.2 (Mikolov 2012, table 4.1)", async () => {
    expect(await perplexity({ order: 3 })).toBeCloseTo(148.3, 1);
    expect(await perplexity({ order: 5 })).toBeCloseTo(141.2, 1);
  }, 60_000);

  test("other smoothings have the perplexities that plain Python computed", async () => {
    expect(await perplexity({ order: 3, smoothing: "kneserNey" })).toBeCloseTo(150.6, 1);
    expect(await perplexity({ order: 3, smoothing: "absolute" })).toBeCloseTo(166.5, 1);
    expect(await perplexity({ order: 3, smoothing: "wittenBell" })).toBeCloseTo(186.3, 1);
    expect(await perplexity({ order: 2, smoothing: "additive", added: 0.01 })).toBeCloseTo(274.3, 1);
    expect(await perplexity({ order: 1, smoothing: "additive" })).toBeCloseTo(639.8, 1);
  }, 120_000);

  test("Katz without longer n-grams that came once has what SRILM has (Mikolov 2012, table 4.1)", async () => {
    const katz = { smoothing: "katz", minimumCounts: [1, 1, 2] } as const;
    expect(Math.abs((await perplexity({ order: 3, ...katz })) - 165.2)).toBeLessThan(0.1);
    expect(Math.abs((await perplexity({ order: 5, ...katz })) - 162.3)).toBeLessThan(0.1);
  }, 120_000);
});
