import { join } from "node:path";
import { expect, test } from "vitest";
import type { Communicator, Word2VecOptions } from "../../../lib/index.js";
import {
  adam,
  ContextData,
  Corpus,
  CountedWords,
  linearDecay,
  loadModel,
  memoryStream,
  ReferenceExecutor,
  readWordVectors,
  sgd,
  Trainer,
  threadGroup,
  Word2Vec,
  WordTokenizer,
  WordVectors,
  writeWordVectors,
} from "../../../lib/index.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const random = randomNumbers(4);
const pick = (words: readonly string[]) => words[random(words.length)] as string;

/** Animals walk in places, and people eat food: words of one kind are used alike. */
const kinds = {
  animal: ["cat", "dog", "horse", "cow"],
  walk: ["walks", "runs", "sleeps"],
  place: ["garden", "kitchen", "field", "street"],
  person: ["king", "queen", "boy", "girl"],
  eat: ["eats", "cooks", "buys"],
  food: ["bread", "soup", "fish", "rice"],
};
const sentences = Array.from({ length: 3000 }, () =>
  random(2) === 0
    ? `the ${pick(kinds.animal)} ${pick(kinds.walk)} in the ${pick(kinds.place)}`
    : `the ${pick(kinds.person)} ${pick(kinds.eat)} the ${pick(kinds.food)}`,
);
const corpus = Corpus.fromText(`${sentences.join("\n")}\n`);
const tokenizer = await WordTokenizer.fromCorpus(corpus, { unknown: true });
const stream = await corpus.tokenize(tokenizer);
const words = await CountedWords.from(stream);

async function trained(options: Partial<Word2VecOptions> = {}, epochs = 4): Promise<Word2Vec> {
  const model = await Word2Vec.create({ tokenizer: words, size: 16, ...options });
  const isSoftmax = options.objective === "softmax";
  const data = new ContextData(stream, { model, sample: 0.01 });
  const optimizer = isSoftmax ? adam({ learningRate: 0.01 }) : sgd({ learningRate: 0.1 });
  await new Trainer(model, { data, epochs, optimizer, schedule: linearDecay() }).run();
  return model;
}

test.each([
  { architecture: "skip-gram", objective: "negative" },
  { architecture: "cbow", objective: "negative" },
  { architecture: "skip-gram", objective: "hierarchical" },
  { architecture: "cbow", objective: "hierarchical" },
  { architecture: "skip-gram", objective: "softmax" },
  { architecture: "cbow", objective: "softmax" },
] as const)("words of one kind come to lie together: $architecture, $objective", async (form) => {
  const vectors = await (await trained(form)).vectors();
  for (const kind of Object.values(kinds)) {
    for (const word of kind) {
      const near = vectors.neighbours(word, { top: kind.length - 1 }).map((one) => one.word);
      const right = near.filter((other) => kind.includes(other)).length;
      expect(right, `${word}: ${near.join(", ")}`).toBeGreaterThanOrEqual(kind.length - 2);
    }
  }
});

test("the counts are those of the text, and neither line ends nor unknown words have a vector", async () => {
  const all = sentences.join(" ").split(" ");
  for (const word of ["the", "cat", "rice"]) {
    expect(words.counts[tokenizer.id(word) as number]).toBe(all.filter((other) => other === word).length);
  }
  const { words: own, values } = await (await Word2Vec.create({ tokenizer: words })).vectors();
  // As in word2vec: from -0.5 / 100 to 0.5 / 100.
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0.0045);
  expect(largest).toBeLessThan(0.005);
  expect(own).not.toContain("<eos>");
  expect(own).not.toContain("<unk>");
  expect(own[0]).toBe("the");
});

test("the reference learns the same numbers as the native executor", async () => {
  const short = await Corpus.fromText(`${sentences.slice(0, 60).join("\n")}\n`).tokenize(tokenizer);
  const learnt = async (executor?: ReferenceExecutor) => {
    const model = await Word2Vec.create({ tokenizer: words, size: 10, ...(executor ? { executor } : {}) });
    const data = new ContextData(short, { model, batchSize: 128 });
    await new Trainer(model, { data, epochs: 2, optimizer: sgd({ learningRate: 0.1 }), schedule: linearDecay() }).run();
    return (await model.vectors()).values;
  };
  const [own, oracle] = [await learnt(), await learnt(new ReferenceExecutor({ precision: "float64" }))];
  for (const [i, value] of own.entries()) expect(Math.abs(value - (oracle[i] as number))).toBeLessThan(1e-5);
});

test("a saved model is the same, and a training that was stopped ends with the bits of one that was not", async () => {
  const folder = await temporaryFolder();
  const train = async (out: string, stopAt: number | null, resume = false) => {
    const model = await Word2Vec.create({ tokenizer: words, size: 12 });
    const data = new ContextData(stream, { model, batchSize: 1000 });
    const abort = new AbortController();
    const trainer = new Trainer(model, {
      data,
      epochs: 2,
      optimizer: sgd({ learningRate: 0.1 }),
      schedule: linearDecay(),
      folder: join(folder, out),
      resume,
    });
    trainer.on("step", ({ step }) => step === stopAt && abort.abort());
    await trainer.run({ signal: abort.signal });
    return model;
  };
  const whole = await train("whole", null);
  await train("parts", 7);
  const parts = await train("parts", null, true);
  expect((await parts.vectors()).values).toEqual((await whole.vectors()).values);
  const loaded = (await loadModel(join(folder, "whole"))) as Word2Vec;
  expect((await loaded.vectors()).values).toEqual((await whole.vectors()).values);
  expect(loaded.tokenizer.counts).toEqual(words.counts);
});

test.each(["text", "binary"] as const)(
  "vectors go to a %s file of word2vec and come back bit for bit",
  async (format) => {
    const folder = await temporaryFolder();
    const model = await trained({}, 1);
    const vectors = await model.vectors();
    const file = join(folder, `vectors.${format}`);
    await writeWordVectors(file, vectors, { format });
    const read = await readWordVectors(file);
    expect(read.words).toEqual(vectors.words);
    expect(read.values).toEqual(vectors.values);
    const again = await Word2Vec.from(read);
    expect((await again.vectors()).values).toEqual(vectors.values);
    expect((await again.vectors()).words).toEqual(vectors.words);
  },
);

test("words may be counted more often than an i32 holds", async () => {
  const counts = words.counts.map((count, id) => (id < 3 ? count + 3e9 : count));
  const folder = join(await temporaryFolder(), "model");
  await (await Word2Vec.create({ tokenizer: new CountedWords(tokenizer, counts), size: 2 })).save(folder);
  expect((await Word2Vec.load(folder)).tokenizer.counts).toEqual(counts);
});

test("a held-out text is measured, the same each time, and what was learnt lowers its loss", async () => {
  const held = await Corpus.fromText(`${sentences.slice(0, 500).join("\n")}\n`).tokenize(tokenizer);
  const model = await Word2Vec.create({ tokenizer: words, size: 12 });
  const data = new ContextData(stream, { model });
  const validation = new ContextData(held, { model, role: "validate" });
  const losses: number[] = [];
  const trainer = new Trainer(model, { data, validation, epochs: 3, optimizer: sgd({ learningRate: 0.1 }) });
  trainer.on("validation", ({ loss }) => losses.push(loss));
  await trainer.run();
  // Six decisions of ln 2 each before anything is learnt.
  expect(losses[0]).toBeLessThan(6 * Math.LN2);
  expect(losses[2]).toBeLessThan(losses[0] as number);
});

test("texts of which every word is left out at random have no loss, which is said", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 4 });
  const optimizer = sgd({ learningRate: 0.1 });
  const of = async (text: string, role: "train" | "validate", sample: number) =>
    new ContextData(await Corpus.fromText(text).tokenize(tokenizer), { model, sample, role });
  const data = await of(`${sentences.slice(0, 500).join("\n")}\n`, "train", 0.01);
  const validation = await of("the the\n", "validate", 1e-9);
  await expect(new Trainer(model, { data, validation, epochs: 1, optimizer }).run()).rejects.toThrow(
    /^Trainer: the validation data has nothing that is predicted.*--sample/,
  );
  const other = await Word2Vec.create({ tokenizer: words, size: 4 });
  const none = new ContextData(stream, { model: other, sample: 1e-12 });
  await expect(new Trainer(other, { data: none, epochs: 2, optimizer }).run()).rejects.toThrow(
    /^Trainer: the data has nothing that is predicted/,
  );
});

test("an epoch of which every word is left out at random is no error: others have words", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 4 });
  const few = await Corpus.fromText(`${sentences.slice(0, 10).join("\n")}\n`).tokenize(tokenizer);
  const data = new ContextData(few, { model, sample: 1e-4 });
  const losses: number[] = [];
  const trainer = new Trainer(model, { data, epochs: 20, optimizer: sgd({ learningRate: 0.01 }) });
  trainer.on("step", ({ loss }) => losses.push(loss));
  expect(await trainer.run()).toMatchObject({ reason: "finished", epoch: 20 });
  expect(losses.length).toBe(20);
  // An update without a target goes by the loss of the one before.
  expect(losses.filter((loss, i) => loss === losses[i - 1]).length).toBeGreaterThan(0);
  expect(new Set(losses).size).toBeGreaterThan(1);
});

test("a model takes an older one's place also where the first update has no loss", async () => {
  const folder = join(await temporaryFolder(), "model");
  const began = await Corpus.fromText(`cat\ndog\n${sentences.slice(0, 50).join("\n")}\n`).tokenize(tokenizer);
  for (const overwrite of [false, true]) {
    const model = await Word2Vec.create({ tokenizer: words, size: 4 });
    const data = new ContextData(began, { model, batchSize: 4, sample: 0 });
    const losses: number[] = [];
    const trainer = new Trainer(model, { data, folder, overwrite, epochs: 1, optimizer: sgd({ learningRate: 0.01 }) });
    trainer.on("step", ({ loss }) => losses.push(loss));
    expect(await trainer.run()).toMatchObject({ saved: true });
    expect(losses.slice(0, 2).map(Number.isFinite)).toEqual([false, true]);
  }
});

test("a rate at which the vectors overflow is divergence, and they are said to be those after it", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 4 });
  const data = new ContextData(stream, { model });
  await expect(new Trainer(model, { data, optimizer: sgd({ learningRate: 1e30 }) }).run()).rejects.toThrow(
    /diverged at step 1: .* came from wordVectorStep .* The parameters are those after it: make the model again/,
  );
});

test("what does not fit is refused by name", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 8 });
  const data = new ContextData(stream, { model });
  expect(() => new Trainer(model, { data, optimizer: adam() })).toThrow(/sgd/);
  expect(() => new Trainer(model, { data, optimizer: sgd({ momentum: 0.9 }) })).toThrow(/sgd/);
  expect(() => new Trainer(model, { data, optimizer: sgd(), clipNorm: 1 })).toThrow(/clipNorm/);
  const group = await threadGroup(2);
  expect(() => new Trainer(model, { data, optimizer: sgd(), communicator: group[0] as Communicator })).toThrow(
    "Trainer: this model makes its own steps, which several processes cannot make together.",
  );
  await Promise.all(group.map((communicator) => communicator.close()));
  await expect(Word2Vec.create({ tokenizer: words, objective: "softmax", negatives: 7 })).rejects.toThrow(
    /negatives needs objective/,
  );
  const other = await Corpus.fromText("a b c").tokenize(await WordTokenizer.fromCorpus(Corpus.fromText("a b c")));
  expect(() => new ContextData(other, { model })).toThrow(/another tokenizer/);
  expect(() => new ContextData(stream.slice(0, 0), { model })).toThrow(
    "ContextData: the text has no words to learn from.",
  );
  await expect(CountedWords.from(memoryStream(Int32Array.of(0), 0))).rejects.toThrow(/WordTokenizer/);
  const imported = await Word2Vec.from(await model.vectors());
  expect(() => new ContextData(stream, { model: imported })).toThrow(/another tokenizer|how often/);
  const read = await Corpus.fromText(imported.tokenizer.words.token(1)).tokenize(imported.tokenizer.words);
  expect(() => new ContextData(read, { model: imported })).toThrow(
    "ContextData: nothing is known of how often the words of this model occur, as its vectors come from a file. Create a model of the " +
      "text, and give it the vectors: model.useVectors(vectors).",
  );
  const softmax = await Word2Vec.create({ tokenizer: words, size: 8, objective: "softmax" });
  await expect(new Trainer(softmax, { data }).run()).rejects.toThrow(/another objective/);
});

test("a line with two words that have a vector is enough to learn from; lines with one each are refused", async () => {
  const read = async (text: string, options: { sample?: number; acrossLines?: boolean } = {}) => {
    const own = Corpus.fromText(text);
    const tokens = await own.tokenize(await WordTokenizer.fromCorpus(own, { unknown: true, minimumCount: 2 }));
    const counted = await CountedWords.from(tokens);
    const model = await Word2Vec.create({ tokenizer: counted, size: 2 });
    let batches = 0;
    for await (const _ of new ContextData(tokens, { model, ...options }).batches(0)) batches++;
    return batches;
  };
  // With 1 every word is kept, without it some are left out at random.
  for (const options of [{ sample: 1 }, {}]) {
    expect(await read("a\na\nb b\n", options)).toBe(1);
    expect(await read("a x b\na\nb\n", options)).toBe(1);
    expect(await read("a\na\nb\nb\n", { ...options, acrossLines: true })).toBe(1);
    for (const text of ["a\na\nb\nb\n", "a x\ny a\nb z\nb\n"]) {
      await expect(read(text, options)).rejects.toThrow("no line has two words that have a vector");
    }
  }
});

test("vectors of a file begin a training", async () => {
  const first = await (await trained({}, 1)).vectors();
  const model = await Word2Vec.create({ tokenizer: words, size: 16 });
  expect(await model.useVectors(first)).toBe(first.words.length);
  expect((await model.vectors()).values).toEqual(first.values);
  const small = await Word2Vec.create({ tokenizer: words, size: 8 });
  await expect(small.useVectors(first)).rejects.toThrow(/16 numbers, and size is 8/);
});

test("words that a file lacks keep their vectors, and the names of its own marks are not made again", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 2 });
  const before = await model.vectors();
  expect(await model.useVectors(new WordVectors(["queen", "pear"], Float32Array.of(5, 6, 7, 8), 2))).toBe(1);
  const after = await model.vectors();
  for (const word of before.words) {
    expect([...(after.of(word) ?? [])]).toEqual(word === "queen" ? [5, 6] : [...(before.of(word) ?? [])]);
  }
  const marked = await Word2Vec.from(new WordVectors(["pear", "<unk>"], Float32Array.of(5, 6, 7, 8), 2));
  const { words: own } = marked.tokenizer;
  expect(Array.from({ length: own.size }, (_, id) => own.token(id))).toEqual(["pear", "<unk>", "<eos>"]);
  expect((await marked.vectors()).words).toEqual(["pear"]);
  // As files of GloVe and fastText have them.
  const spaced = new WordVectors(["pear", "at name@domain.com", "10\u00a0000"], Float32Array.of(5, 6, 7, 8, 9, 10), 2);
  expect((await (await Word2Vec.from(spaced)).vectors()).words).toEqual(["pear"]);
});

test("other steps than its own plain ones are refused, with the option that asks for them", async () => {
  const model = await Word2Vec.create({ tokenizer: words, size: 4 });
  const data = new ContextData(stream, { model });
  const refused = (options: object) => () => new Trainer(model, { data, optimizer: sgd(), ...options });
  const plain = "Use the optimizer sgd without momentum or weight decay";
  expect(refused({ optimizer: adam() })).toThrow(plain);
  expect(refused({ optimizer: sgd({ momentum: 0.9 }) })).toThrow(plain);
  expect(refused({ optimizer: sgd({ weightDecay: 0.1 }) })).toThrow(plain);
  expect(refused({ clipNorm: 1 })).toThrow("leave clipNorm out");
  expect(refused({ clipValue: 1 })).toThrow("leave clipValue out");
  expect(refused({ accumulate: 2 })).toThrow("leave accumulate out");
  expect(refused({ clipNorm: 0, clipValue: 0, accumulate: 1 })).not.toThrow();
});
