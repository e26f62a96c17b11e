import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabelledText } from "../../../lib/index.js";
import {
  adam,
  CharacterTokenizer,
  ClassifierVocabulary,
  LabelledData,
  Labels,
  loadModel,
  SequenceClassifier,
  type SequenceClassifierOptions,
  Trainer,
  WordTokenizer,
} from "../../../lib/index.js";
import { EvaluationStep } from "../../../lib/train/evaluation.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const letters = CharacterTokenizer.fromText("abcd");
const random = randomNumbers(4);
const draw = () => Array.from({ length: 2 + random(9) }, () => "abcd"[random(4)]).join("");
/** Whether a text ends as it begins: neither bag nor suffix of the letters says it. */
const ringed = (count: number): LabelledText[] =>
  Array.from({ length: count }, draw).map((text) => ({ text, label: text[0] === text.at(-1) ? "ring" : "open" }));

async function trained(examples: readonly LabelledText[], options: Partial<SequenceClassifierOptions>, epochs: number) {
  const model = await SequenceClassifier.create({
    tokenizer: letters,
    labels: ["open", "ring"],
    hiddenSize: 24,
    embeddingSize: 8,
    ...options,
  });
  const { tokenizer, network } = model;
  const data = await LabelledData.create(examples, {
    tokenizer,
    multiLabel: network.config.multiLabel,
    batchSize: 32,
    balanced: !network.config.multiLabel,
  });
  await new Trainer(model, { data, epochs, optimizer: adam({ learningRate: 0.01 }) }).run();
  return model;
}

const model = await trained(ringed(1500), { pooling: "last" }, 12);

test("it learns what only the order of the letters says", async () => {
  const { accuracy, labels, confusion } = await model.evaluate(ringed(300));
  expect(accuracy).toBeGreaterThan(0.97);
  expect(labels.map(({ label }) => label)).toEqual(["open", "ring"]);
  expect(confusion?.flat().reduce((sum, n) => sum + n, 0)).toBe(300);
});

test("texts side by side have the probabilities that they have alone, in the order in which they came", async () => {
  const texts = Array.from({ length: 40 }, draw);
  const together = await model.classify(texts, { batchSize: 16 });
  for (const [i, text] of texts.entries()) {
    const [alone] = await model.classify([text]);
    expect(together[i]?.label).toBe(alone?.label);
    expect(together[i]?.probabilities.ring).toBeCloseTo(alone?.probabilities.ring as number, 6);
    const { open = 0, ring = 0 } = together[i]?.probabilities ?? {};
    expect(open + ring).toBeCloseTo(1, 6);
    expect(together[i]?.label).toBe(ring > open ? "ring" : "open");
  }
});

test("the loss of an evaluation is the mean of what the true labels' probabilities cost", async () => {
  const examples = ringed(50);
  const found = await model.classify(examples.map(({ text }) => text));
  const cost = examples.reduce(
    (sum, { label }, i) => sum - Math.log(found[i]?.probabilities[label as string] as number),
    0,
  );
  for (const batchSize of [16, 50])
    expect((await model.evaluate(examples, { batchSize })).loss).toBeCloseTo(cost / 50, 4);
});

test("a saved model is read back with its labels, and other labels are another model", async () => {
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = (await loadModel(folder)) as SequenceClassifier;
  expect(loaded).toBeInstanceOf(SequenceClassifier);
  expect(loaded.labels).toEqual(["open", "ring"]);
  expect(await loaded.classify(["abca"])).toEqual(await model.classify(["abca"]));
  const other = await SequenceClassifier.create({
    tokenizer: letters,
    labels: ["ring", "open"],
    hiddenSize: 24,
    embeddingSize: 8,
    pooling: "last",
  });
  await expect(other.restore(folder)).rejects.toThrow(/holds another model: its vocabulary differs/);
  const data = await LabelledData.create(ringed(3), { tokenizer: other.tokenizer });
  await expect(new Trainer(model, { data }).run()).rejects.toThrow(/made with another tokenizer or other labels/);
  await loaded.quantize("int8");
  const [kept] = await loaded.classify(["abca"]);
  expect(kept?.label).toBe((await model.classify(["abca"]))[0]?.label);
});

test("balanced labels cost what copies of the rarer texts would", async () => {
  const rare = { text: "abca", label: "ring" };
  const often = Array.from({ length: 3 }, () => ({ text: "abcd", label: "open" }));
  const lossOf = async (examples: readonly LabelledText[], balanced: boolean) => {
    const data = await LabelledData.create(examples, { tokenizer: model.tokenizer, balanced });
    const [batch] = [...data.batches(0)];
    const { total, tokens } = await new EvaluationStep(model).run(batch as NonNullable<typeof batch>);
    return total / tokens;
  };
  expect(await lossOf([rare, ...often], true)).toBeCloseTo(await lossOf([rare, rare, rare, ...often], false), 5);
});

test("with several labels a text has each that is true of it, or none", async () => {
  const has = (text: string) => ["a", "b"].filter((letter) => text.includes(letter)).map((letter) => `has ${letter}`);
  const examples = (count: number) => Array.from({ length: count }, draw).map((text) => ({ text, label: has(text) }));
  const several = await trained(examples(600), { labels: ["has a", "has b"], multiLabel: true, pooling: "max" }, 8);
  const { accuracy, confusion, microF1 } = await several.evaluate(examples(200));
  expect(accuracy).toBeGreaterThan(0.97);
  expect(microF1).toBeGreaterThan(0.98);
  expect(confusion).toBeNull();
  const labels = (await several.classify(["abc", "ccd", "dbd"])).map(({ label }) => label);
  expect(labels).toEqual([["has a", "has b"], [], ["has b"]]);
  expect((await several.classify(["ccd"], { threshold: 1e-9 }))[0]?.label).toEqual(["has a", "has b"]);
  const threshold = { threshold: 0.4 };
  await expect(model.classify(["ab"], threshold)).rejects.toThrow(/^classify: threshold says .* Leave it out\./);
  await expect(model.evaluate([{ text: "ab", label: "x" }], threshold)).rejects.toThrow(/^evaluate: threshold says/);
});

test("the threshold of an evaluation is that of the network and of the linear model beside it", async () => {
  const words = WordTokenizer.fromText("to be or not", { unknown: true });
  const options = { tokenizer: words, labels: ["a", "b"], multiLabel: true, hiddenSize: 2, linearRows: 64 };
  const own = await SequenceClassifier.create(options);
  const examples = ["to be", "or", "not to be or not"].map((text) => ({ text, label: ["b", "a"] }));
  await own.fitLinear([...examples, { text: "not", label: [] }]);
  const accuracies = async (threshold: number) => {
    const { accuracy, linear } = await own.evaluate(examples, { threshold, batchSize: 2 });
    return [accuracy, linear?.accuracy];
  };
  expect(await accuracies(1e-9)).toEqual([1, 1]);
  expect(await accuracies(1 - 1e-6)).toEqual([0, 0]);
  await expect(own.evaluate([])).rejects.toThrow("evaluate: there are no texts.");
  await expect(own.evaluate([...examples, { text: "be", label: "c" }])).rejects.toThrow(
    /^text 4 of 4: Unknown label "c"/,
  );
});

test("attention says how much each token counts", async () => {
  const first = Array.from({ length: 800 }, draw).map((text) => ({
    text,
    label: text.includes("a") ? "ring" : "open",
  }));
  const looks = await trained(first, { pooling: "attention", bidirectional: false, cell: "rnn" }, 6);
  const [{ attention } = {}] = await looks.classify(["bcda"]);
  expect(attention).toHaveLength(4);
  expect(attention?.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  expect((await model.classify(["bcda"]))[0]).not.toHaveProperty("attention");
});

test("labels are the model's own, and a model that overflows says so", async () => {
  const names = ["a", "b"];
  const own = await SequenceClassifier.create({ tokenizer: letters, labels: names, hiddenSize: 4 });
  names.reverse();
  expect(own.labels).toEqual(["a", "b"]);
  const wild = await SequenceClassifier.create({
    tokenizer: letters,
    labels: names,
    hiddenSize: 4,
    initializer: "normal:1e30",
  });
  await expect(wild.classify(["abc"])).rejects.toThrow(/the numbers inside of the model overflow/);
  const several = await LabelledData.create([{ text: "a", label: ["a", "b"] }], {
    tokenizer: own.tokenizer,
    multiLabel: true,
  });
  await expect(new Trainer(own, { data: several }).run()).rejects.toThrow(
    /multiLabel is false in the model and true in its data/,
  );
});

test("what it cannot read is refused by name, and a signal stops it", async () => {
  await expect(model.classify(["ab", ""])).rejects.toThrow(/classify: text 2 of 2: the text has no tokens/);
  await expect(model.classify(["ab", "axb"])).rejects.toThrow(/Unknown character "x"/);
  await expect(model.classify("ab" as never)).rejects.toThrow(/expected a list of texts, got "ab"/);
  await expect(model.classify([5] as never)).rejects.toThrow(/text 1 of 1 is 5/);
  await expect(model.classify(["ab"], { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  await expect(SequenceClassifier.create({ tokenizer: letters } as never)).rejects.toThrow(/expected labels/);
  await expect(SequenceClassifier.create({ tokenizer: model.tokenizer, labels: ["a", "b"] })).rejects.toThrow(
    /leave labels out/,
  );
  await expect(
    SequenceClassifier.create({ tokenizer: letters, labels: ["a", "b"], poolng: "max" } as never),
  ).rejects.toThrow(/did you mean pooling/);
});

test("a validation has the accuracy that an evaluation has, whatever the batches are", async () => {
  const texts = Array.from({ length: 13 }, (_, i) => ({
    text: ["ab", "ba", "aab", "bbab"][i % 4] as string,
    label: i % 3 ? "x" : "y",
  }));
  const tokenizer = new ClassifierVocabulary(CharacterTokenizer.fromText("ab"), new Labels(["x", "y"]));
  const model = await SequenceClassifier.create({ tokenizer, hiddenSize: 4 });
  const data = await LabelledData.create(texts, { tokenizer });
  const validation = await LabelledData.create(texts, { tokenizer, role: "validate", batchSize: 5 });
  const trainer = new Trainer(model, { data, validation, epochs: 3 });
  const seen: (number | undefined)[] = [];
  trainer.on("validation", ({ accuracy }) => seen.push(accuracy));
  await trainer.run();
  const { accuracy } = await model.evaluate(texts);
  expect(seen.length).toBe(3);
  // The parameters are the best in the end, which one of the validations has measured.
  expect(seen).toContain(accuracy);
  expect(trainer.history.validations.map(({ accuracy }) => accuracy)).toEqual(seen);
  const several = await SequenceClassifier.create({ tokenizer, hiddenSize: 4, multiLabel: true });
  const lists = await LabelledData.create(texts, { tokenizer, multiLabel: true });
  const own = await LabelledData.create(texts, { tokenizer, multiLabel: true, role: "validate" });
  const other = new Trainer(several, { data: lists, validation: own, epochs: 1 });
  await other.run();
  expect(other.history.validations[0]).not.toHaveProperty("accuracy");
});
