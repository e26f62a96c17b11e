import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { Seq2Seq } from "../../../lib/models/seq2seq/seq2seq.js";
import { TransformerSeq2Seq } from "../../../lib/models/transformerSeq2Seq/transformerSeq2Seq.js";
import { randomSource } from "../../../lib/random/source.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

/** Words of 3 to 6 letters, to be spelled backwards in capitals, with spaces. */
function spellings(seed: number, count: number): Pair[] {
  const random = randomSource(seed, "words");
  return Array.from({ length: count }, (_, i) => {
    const letters = Array.from({ length: 3 + Math.floor(4 * random.uniform()) }, () =>
      String.fromCharCode(97 + Math.floor(8 * random.uniform())),
    );
    const target = letters.map((letter) => letter.toUpperCase()).reverse();
    return { source: letters.join(""), target: target.join(" "), place: `words.tsv, line ${i + 1}` };
  });
}

const train = spellings(1, 6000);
const tokenizer = new TokenizerPair(
  CharacterTokenizer.fromText("abcdefgh", { unknown: true }),
  WordTokenizer.fromText("A B C D E F G H\n", { unknown: true }),
);
const executor = nativeExecutor();
const config = { hiddenSize: 48, heads: 4, encoderLayers: 1, decoderLayers: 2, dropout: 0, contextLength: 24 } as const;
let model: TransformerSeq2Seq;
let base: string;
let folder: string;
afterAll(() => rm(base, { recursive: true, force: true }));

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "ostinato-transformer-seq2seq-"));
  folder = join(base, "model");
  model = await TransformerSeq2Seq.create({ tokenizer, executor, ...config });
  const trainer = new Trainer(model, {
    data: await PairData.create(train, { tokenizer, batchSize: 64 }),
    validation: await PairData.create(spellings(2, 200), { tokenizer, batchSize: 64, role: "validate" }),
    optimizer: adam({ learningRate: 0.004 }),
    epochs: 7,
    folder,
  });
  await trainer.run();
}, 60_000);

test("it learns to spell backwards, and its scores say so", async () => {
  const held = spellings(3, 300);
  const { perplexity, tokens } = await model.evaluate(held);
  expect(tokens).toBe(held.reduce((sum, { target }) => sum + target.split(" ").length + 1, 0));
  expect(perplexity).toBeLessThan(1.1);
  const scores = await model.score(held);
  expect(scores.exact).toBeGreaterThan(0.85);
  expect(scores.bleu.score).toBeGreaterThan(90);
});

test("sources together and one at a time give the same hypotheses", async () => {
  const sources = spellings(4, 30).map(({ source }) => source);
  const options = { nBest: 5, beams: 5 };
  const together = await model.translate(sources, { ...options, batchSize: 30 });
  for (const [i, source] of sources.entries()) {
    const [alone] = await model.translate([source], options);
    const given = together[i];
    expect(given?.hypotheses.map(({ text }) => text)).toEqual(alone?.hypotheses.map(({ text }) => text));
    for (const [k, { score, attention }] of (alone?.hypotheses ?? []).entries()) {
      expect(given?.hypotheses[k]?.score).toBeCloseTo(score, 4);
      expect(attention?.length).toBe(given?.hypotheses[k]?.attention?.length);
    }
  }
});

test("what beams find with keys and values kept is as likely as when whole texts are read", async () => {
  const sources = spellings(5, 12).map(({ source }) => source);
  for (const [i, { hypotheses }] of (await model.translate(sources, { beams: 6, nBest: 6 })).entries()) {
    for (const { text, logProbabilities, ended } of hypotheses.filter((found) => found.ended && found.text !== "")) {
      const { loss, tokens } = await model.evaluate([{ source: sources[i] as string, target: text }]);
      expect(ended && tokens).toBe(logProbabilities.length);
      const sum = logProbabilities.reduce((total, one) => total + one, 0);
      expect(Math.abs(sum + loss * tokens) / tokens).toBeLessThan(1e-5);
    }
  }
});

test("attention walks from the end of the word to its beginning, a row for each token and the end", async () => {
  const [translation] = await model.translate(["abcdef"]);
  const { attention, tokens } = translation?.hypotheses[0] ?? {};
  expect(translation?.text).toBe("F E D C B A");
  expect(attention?.length).toBe((tokens?.length ?? 0) + 1);
  for (const row of attention ?? []) {
    expect(row.length).toBe(6);
    expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
  }
});

test("by head it says which token looks at which, and the heads' mean is where the translation looked", async () => {
  const [translation] = await model.translate(["abcdef"]);
  const looks = await model.attention("abcdef");
  expect(looks.map(({ name }) => name)).toEqual([
    "encoder, block 1",
    ...["decoder, block 1, to what it has read", "decoder, block 1, to the source"],
    ...["decoder, block 2, to what it has read", "decoder, block 2, to the source"],
  ]);
  for (const { source, target, heads } of looks) {
    expect(heads.length).toBe(4);
    for (const rows of heads) {
      expect(rows.length).toBe(target.length);
      for (const row of rows) {
        expect(row.length).toBe(source.length);
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
    }
  }
  const [last, own] = [looks[4], looks[3]];
  expect(own?.heads[0]?.[1]?.slice(2).every((weight) => weight === 0)).toBe(true);
  for (const [t, row] of (translation?.hypotheses[0]?.attention ?? []).entries()) {
    for (const [s, weight] of row.entries()) {
      const mean = last?.heads.reduce((sum, rows) => sum + (rows[t]?.[s] as number) / 4, 0);
      expect(mean).toBeCloseTo(weight, 5);
    }
  }
  expect((await model.attention("ab", "H"))[2]?.target).toEqual(["H", expect.any(String)]);
  await expect(model.attention("")).rejects.toThrow(/text 1 of 1 has no tokens/);
});

test("a model from its folder writes the same, and only it; rounded, it still writes in fewer bytes", async () => {
  const loaded = await TransformerSeq2Seq.load(folder, { executor });
  expect(loaded.network.config).toEqual(model.network.config);
  expect((await loaded.translate(["hgfe"]))[0]?.hypotheses).toEqual((await model.translate(["hgfe"]))[0]?.hypotheses);
  await expect(Seq2Seq.load(folder, { executor })).rejects.toThrow(/holds a TransformerSeq2Seq, expected a Seq2Seq/);
  await loaded.quantize("int8");
  expect((await loaded.translate(["abcdef"]))[0]?.text).toBe("F E D C B A");
  await loaded.save(`${folder}-int8`);
  const bytes = async (from: string) => (await stat(join(from, "model.safetensors"))).size;
  expect(await bytes(`${folder}-int8`)).toBeLessThan(0.4 * (await bytes(folder)));
});

test("the reference executor writes what the native one does", async () => {
  const loaded = await TransformerSeq2Seq.load(folder, { executor: new ReferenceExecutor({ precision: "float64" }) });
  const sources = ["abc", "hhgfed"];
  const texts = async (which: TransformerSeq2Seq) =>
    (await which.translate(sources, { nBest: 3 })).map(({ hypotheses }) => hypotheses.map(({ text }) => text));
  expect(await texts(loaded)).toEqual(await texts(model));
});

test("dropout and label smoothing train, and resume to the same bits", async () => {
  const begin = async (maximumSteps: number, into: string, resume = false) => {
    const own = await TransformerSeq2Seq.create({ tokenizer, executor, ...config, dropout: 0.2, labelSmoothing: 0.1 });
    const data = await PairData.create(train.slice(0, 640), { tokenizer });
    await new Trainer(own, { data, epochs: 2, maximumSteps, folder: into, resume }).run();
    return Promise.all(own.parameters.map(({ name }) => own.store.read(name)));
  };
  const into = await temporaryFolder();
  const whole = await begin(14, join(into, "whole"));
  await begin(7, join(into, "parts"));
  expect(await begin(14, join(into, "parts"), true)).toEqual(whole);
});

test("constraints hold: a beginning, what may not be written, lengths", async () => {
  const first = async (options: object) => (await model.translate(["abcd"], options))[0]?.hypotheses[0];
  expect((await first({ prefix: "H H" }))?.text).toMatch(/^H H/);
  expect((await first({ banned: ["D", "C"] }))?.text).not.toMatch(/[DC]/);
  expect((await first({ maximumLength: 2 }))?.tokens.length).toBeLessThanOrEqual(2);
  expect((await first({ minimumLength: 9 }))?.tokens.length).toBeGreaterThanOrEqual(9);
  const drawn = await model.translate(["abcd"], { beams: 4, nBest: 4, sampling: { temperature: 5, seed: 1 } });
  expect(new Set(drawn[0]?.hypotheses.map(({ text }) => text)).size).toBeGreaterThan(1);
});

test("two searches at once do not disturb each other", async () => {
  const [one, other] = [spellings(6, 8), spellings(7, 8)].map((pairs) => pairs.map(({ source }) => source)) as [
    string[],
    string[],
  ];
  const alone = [await model.translate(one), await model.translate(other)];
  expect(await Promise.all([model.translate(one), model.translate(other)])).toEqual(alone);
});

test("what the context has no room for is refused with the knob", async () => {
  const long = "abcdefgh".repeat(4);
  await expect(model.translate(["ab", long])).rejects.toThrow(
    /text 2 of 2 has 32 tokens, and this model reads at most 24 \(contextLength\)/,
  );
  await expect(model.translate(["ab"], { maximumLength: 25 })).rejects.toThrow(
    /writes at most 24 tokens, the end included \(contextLength\), got a maximum length of 25/,
  );
  await expect(model.translate(["ab"], { minimumLength: 30 })).rejects.toThrow(/minimum length of 30/);
  await expect(model.evaluate([{ source: long, target: "A" }])).rejects.toThrow(/at most 24 \(contextLength/);
  // The longest source has room for as much to write.
  const [translation] = await model.translate(["abcdefgh".repeat(3)], { beams: 2 });
  expect(translation?.hypotheses[0]?.tokens.length).toBeLessThanOrEqual(24);
  const data = await PairData.create(train.slice(0, 64), { tokenizer, teacherForcing: 0.5 });
  const fresh = await TransformerSeq2Seq.create({ tokenizer, executor, ...config });
  await expect(new Trainer(fresh, { data, maximumSteps: 1 }).run()).rejects.toThrow(/leave teacherForcing out/);
  await expect(TransformerSeq2Seq.create({ tokenizer, sharedEmbedding: true })).rejects.toThrow(/one tokenizer/);
});
