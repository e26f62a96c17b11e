import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../../lib/models/languageModel/languageModel.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { Seq2Seq } from "../../../lib/models/seq2seq/seq2seq.js";
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
const config = { hiddenSize: 48, embeddingSize: 24, cell: "gru", attend: "before" } as const;
let model: Seq2Seq;
let base: string;
let folder: string;
afterAll(() => rm(base, { recursive: true, force: true }));

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "ostinato-seq2seq-"));
  folder = join(base, "model");
  model = await Seq2Seq.create({ tokenizer, executor, ...config });
  const trainer = new Trainer(model, {
    data: await PairData.create(train, { tokenizer, batchSize: 64 }),
    validation: await PairData.create(spellings(2, 200), { tokenizer, batchSize: 64, role: "validate" }),
    optimizer: adam({ learningRate: 0.005 }),
    epochs: 5,
    folder,
  });
  await trainer.run();
}, 60_000);

test("pairs of another TokenizerPair are refused, those of an equal one are not", async () => {
  const made = await Seq2Seq.create({ tokenizer, executor, ...config });
  const pairOf = (target: string, options = {}) =>
    new TokenizerPair(
      CharacterTokenizer.fromText("abcdefgh", { unknown: true }),
      WordTokenizer.fromText(target, { unknown: true }),
      options,
    );
  const pairs = spellings(1, 64);
  const train = async (own: TokenizerPair) =>
    new Trainer(made, { data: await PairData.create(pairs, { tokenizer: own }), maximumSteps: 1 }).run();
  await expect(train(pairOf("A B C D E F G H H\n"))).rejects.toThrow(
    /Seq2Seq: .*another TokenizerPair.*model\.tokenizer/s,
  );
  await expect(train(pairOf("A B C D E F G H\n", { reversed: true }))).rejects.toThrow(/another TokenizerPair/);
  expect((await train(pairOf("A B C D E F G H\n"))).step).toBe(1);
});

test("it learns to spell backwards, and its scores say so", async () => {
  const held = spellings(3, 300);
  const { perplexity, tokens } = await model.evaluate(held);
  expect(tokens).toBe(held.reduce((sum, { target }) => sum + target.split(" ").length + 1, 0));
  expect(perplexity).toBeLessThan(1.05);
  const scores = await model.score(held);
  expect(scores.exact).toBeGreaterThan(0.97);
  expect(scores.errorRate.rate).toBeLessThan(0.02);
  expect(scores.bleu.score).toBeGreaterThan(97);
  expect(scores.tokenAccuracy).toBeGreaterThan(0.97);
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

test("attention walks from the end of the word to its beginning, a row for each token and the end", async () => {
  const [translation] = await model.translate(["abcdef"]);
  const { attention, tokens } = translation?.hypotheses[0] ?? {};
  expect(translation?.text).toBe("F E D C B A");
  expect(translation?.source).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(attention?.length).toBe((tokens?.length ?? 0) + 1);
  for (const row of attention ?? []) {
    expect(row.length).toBe(6);
    expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
  }
  // Where a row looks on the whole, from 0 to 5: the letters that are written first stand last.
  const centre = (row: Float32Array) => row.reduce((sum, weight, place) => sum + weight * place, 0);
  const [begin = 0, , , , , last = 0] = (attention ?? []).map(centre);
  expect(begin).toBeGreaterThan(last + 2);
});

test("a model from its folder writes the same, and only it", async () => {
  const loaded = await Seq2Seq.load(folder, { executor });
  expect(loaded.network.config).toEqual(model.network.config);
  expect((await loaded.translate(["hgfe"]))[0]?.hypotheses).toEqual((await model.translate(["hgfe"]))[0]?.hypotheses);
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(/holds a Seq2Seq, expected a LanguageModel/);

  const copy = `${folder}-copy`;
  await cp(folder, copy, { recursive: true });
  const file = join(copy, "vocabulary.json");
  await writeFile(file, (await readFile(file, "utf8")).replace('"A"', '"Z"'));
  await expect(Seq2Seq.load(copy, { executor })).rejects.toThrow(
    /vocabulary.json does not belong to model.safetensors/,
  );
});

test("rounded weights still write, in fewer bytes, and cannot be trained", async () => {
  const small = await Seq2Seq.load(folder, { executor });
  await small.quantize("int8");
  expect((await small.translate(["abcdef"]))[0]?.text).toBe("F E D C B A");
  await small.save(`${folder}-int8`);
  const bytes = async (from: string) => (await stat(join(from, "model.safetensors"))).size;
  expect(await bytes(`${folder}-int8`)).toBeLessThan(0.4 * (await bytes(folder)));
  const data = await PairData.create(train.slice(0, 64), { tokenizer });
  await expect(new Trainer(small, { data, epochs: 1 }).run()).rejects.toThrow(/rounded to int8/);
});

test("the reference executor writes what the native one does", async () => {
  const loaded = await Seq2Seq.load(folder, { executor: new ReferenceExecutor({ precision: "float64" }) });
  const sources = ["abc", "hhgfed"];
  const texts = async (which: Seq2Seq) =>
    (await which.translate(sources, { nBest: 3 })).map(({ hypotheses }) => hypotheses.map(({ text }) => text));
  expect(await texts(loaded)).toEqual(await texts(model));
});

test("scheduled sampling trains, and resumes to the same bits", async () => {
  const { teacherForcing } = await import("../../../lib/train/teacherForcing.js");
  const begin = async (maximumSteps: number, into: string, resume = false) => {
    const own = await Seq2Seq.create({ tokenizer, executor, ...config, dropout: 0.2 });
    const forcing = teacherForcing("linear:1:0:20");
    const data = await PairData.create(train.slice(0, 640), { tokenizer, teacherForcing: forcing });
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
  // Where no token may be written, and not even the end, nothing is.
  const nothing = await model.translate(["abcd"], { banned: [..."ABCDEFGH"], minimumLength: 1 });
  expect(nothing).toMatchObject([{ text: "", hypotheses: [] }]);
  expect((await first({ maximumLength: 2 }))?.tokens.length).toBeLessThanOrEqual(2);
  expect((await first({ minimumLength: 9 }))?.tokens.length).toBeGreaterThanOrEqual(9);
  const drawn = await model.translate(["abcd"], { beams: 4, nBest: 4, sampling: { temperature: 5, seed: 1 } });
  expect(new Set(drawn[0]?.hypotheses.map(({ text }) => text)).size).toBeGreaterThan(1);
  expect((await model.translate(["abcd"], { tree: true }))[0]?.tree?.length).toBeGreaterThan(5);
});

test("what is drawn for a source depends on the seed and its place, not on the batch that it is in", async () => {
  const sources = ["abcdef", "abcdef", "abcdef", "fe", "abcdef"];
  const drawn = async (batchSize: number) => {
    const options = { beams: 1, batchSize, sampling: { temperature: 4, seed: 7 } };
    return (await model.translate(sources, options)).map(({ text }) => text);
  };
  const texts = await drawn(5);
  expect(await drawn(2)).toEqual(texts);
  expect(await drawn(1)).toEqual(texts);
  expect(new Set(texts.filter((_, i) => i !== 3)).size).toBe(4);
});

test("a minimum length and a long prefix make room for themselves", async () => {
  const [long] = await model.translate(["ab"], { minimumLength: 40, beams: 2 });
  expect(long?.hypotheses[0]?.tokens.length).toBeGreaterThanOrEqual(40);
  const prefix = Array.from({ length: 30 }, () => "A").join(" ");
  expect((await model.translate(["ab"], { prefix }))[0]?.text.startsWith(prefix)).toBe(true);
});

test("a text's vector is the encoder's last state, whoever is beside it", async () => {
  const vectors = await model.vectors(["abc", "defgh", "cab"]);
  expect(vectors.map(({ length }) => length)).toEqual([96, 96, 96]);
  const [alone] = await model.vectors(["defgh"]);
  for (const [i, value] of (alone as Float32Array).entries()) expect(vectors[1]?.[i]).toBeCloseTo(value, 5);
});

test("streaming ends with the result, and a signal stops", async () => {
  const told: string[][] = [[], []];
  const translations = await model.translate(["abc", "hgfed"], { onBest: (text, i) => told[i]?.push(text) });
  expect(told.map((texts) => texts.at(-1))).toEqual(translations.map(({ text }) => text));
  expect(told[1]?.length).toBeGreaterThan(3);
  const stop = new AbortController();
  let steps = 0;
  const onBest = () => {
    if (++steps === 3) stop.abort(new Error("enough"));
  };
  await expect(model.translate(["abcdef"], { signal: stop.signal, onBest })).rejects.toThrow("enough");
  expect(steps).toBe(3);
});

test("what cannot be read or asked for is named", async () => {
  expect(await model.translate([])).toEqual([]);
  await expect(model.translate(["abc", ""])).rejects.toThrow("translate: text 2 of 2 has no tokens: expected a text.");
  await expect(model.translate(["xyz", "ww"])).rejects.toThrow(/none of the tokens is among the 9 of the source/);
  expect((await model.translate(["xyz", "ab"])).map(({ readable }) => readable)).toEqual([false, true]);
  expect((await model.translate(["xyz"], { unreadable: "write" })).length).toBe(1);
  await expect(model.translate("abc" as never)).rejects.toThrow(/expected a list of texts, got "abc"/);
  await expect(model.translate([1 as never])).rejects.toThrow(/text 1 of 1 is 1, expected a string/);
  await expect(model.translate(["a"], { banned: [""] })).rejects.toThrow(/"" is no token/);
  await expect(model.translate(["a"], { prefix: "QQ" })).rejects.toThrow(/prefix "QQ" holds a token that is not/);
  await expect(model.translate(["a"], { diversity: 1 })).rejects.toThrow(/diversity needs groups/);
  await expect(model.translate(["a"], { tree: "yes" as never })).rejects.toThrow(/expected tree to be true or false/);
  await expect(model.evaluate(train, { batch: 3 } as never)).rejects.toThrow(/batch/);
  await expect(model.translate(["a"], { banned: ["A B"] })).rejects.toThrow(/"A B" is 2 of them/);
  await expect(model.translate(["a"], { beams: 2, nBest: 3 })).rejects.toThrow(/nBest 3/);
  expect((await model.translate(["ab"], { nBest: 6 }))[0]?.hypotheses.length).toBe(6);
  await expect(model.translate(["a"], { prefix: "" })).rejects.toThrow(/prefix to be a text that is not empty/);
  await expect(model.translate(["a"], { onProgress: true } as never)).rejects.toThrow(/onProgress to be a function/);
  await expect(model.translate(["a"], { firstNumber: -1 })).rejects.toThrow(/firstNumber/);
  await expect(model.translate(["a"], { beam: 3 } as never)).rejects.toThrow(/beam/);
  await expect(model.score([{ source: "ab" } as never])).rejects.toThrow(/score: expected the target of pair 1 of 1/);
  await expect(model.score([{ source: "ab", target: "ba" }], { scores: { unit: "tokens" } as never })).rejects.toThrow(
    /unit/,
  );
  await expect(model.evaluate(5 as never)).rejects.toThrow(/evaluate: expected a list of pairs, got 5/);
  await expect(model.evaluate([], { batchSize: 0 })).rejects.toThrow(/batchSize/);
  await expect(model.vectors(["ab"], { signal: 5 } as never)).rejects.toThrow(/signal to be an AbortSignal/);
  await expect(Seq2Seq.load(undefined as never, { executor })).rejects.toThrow(/folder to be a text/);
  await expect(Seq2Seq.load("nowhere", { executor: 5 as never })).rejects.toThrow(
    /executor to be an executor, or one of native, wasm, reference, got 5/,
  );
  await expect(Seq2Seq.create({ tokenizer, executor, seed: -1 })).rejects.toThrow(/seed/);
  await expect(Seq2Seq.create({ tokenizer, executor, hiddensize: 8 } as never)).rejects.toThrow(
    /did you mean hiddenSize/,
  );
  await expect(Seq2Seq.create({ tokenizer, executor, bidirectional: "none" } as never)).rejects.toThrow(
    /bidirectional/,
  );
  await expect(Seq2Seq.create({ tokenizer: tokenizer.source as never, executor })).rejects.toThrow(/TokenizerPair/);
  await expect(Seq2Seq.create({ tokenizer, executor, sharedEmbedding: true })).rejects.toThrow(
    /sharedEmbedding needs one tokenizer/,
  );
});
