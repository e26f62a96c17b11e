import { join } from "node:path";
import { expect, test } from "vitest";
import { type LabelledText, majorityOf, SequenceClassifier, WordTokenizer } from "../../../lib/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const tokenizer = WordTokenizer.fromText("a b", { unknown: true });
const of = (...labels: (string | string[])[]): LabelledText[] => labels.map((label) => ({ text: "a b", label }));
const small = { tokenizer, hiddenSize: 2, embeddingSize: 2 };

test("the majority is of the texts that were learnt from, on whatever texts it is measured, also once loaded", async () => {
  const learnt = of("land", "sea", "sea", "sky", "sea", "land");
  const model = await SequenceClassifier.create({
    ...small,
    labels: ["land", "sea", "sky"],
    majority: majorityOf(learnt),
  });
  const measured = of("land", "land", "land", "sea");
  expect((await model.evaluate(measured)).majority).toEqual({ label: "sea", accuracy: 1 / 4 });
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = await SequenceClassifier.load(folder);
  expect((await loaded.evaluate(measured)).majority).toEqual({ label: "sea", accuracy: 1 / 4 });
});

test("of several labels the commonest set counts, in any order, also the empty one", async () => {
  expect(majorityOf(of(["a"], ["a", "b"], ["b", "a"]))).toEqual(["a", "b"]);
  expect(majorityOf(of([], ["a"], []))).toEqual([]);
  const several = { ...small, labels: ["a", "b"], multiLabel: true };
  const model = await SequenceClassifier.create({ ...several, majority: ["a", "b"] });
  expect((await model.evaluate(of(["b", "a"], ["a"], []))).majority).toEqual({ label: ["a", "b"], accuracy: 1 / 3 });
  const none = await SequenceClassifier.create({ ...several, majority: [] });
  expect((await none.evaluate(of(["b", "a"], []))).majority).toEqual({ label: [], accuracy: 1 / 2 });
});

test("the commonest label is asked of texts, and of none there is none", () => {
  expect(() => majorityOf("sea" as never)).toThrow(/^majorityOf: expected a list of \{ text, label \}, got "sea"/);
  expect(majorityOf([])).toEqual([]);
});

test("a majority that the model cannot give is refused", async () => {
  const labels = ["land", "sea"];
  await expect(SequenceClassifier.create({ ...small, labels, majority: ["sky"] })).rejects.toThrow(
    'expected majority to be of the labels, got "sky"',
  );
  await expect(SequenceClassifier.create({ ...small, labels, majority: labels })).rejects.toThrow(
    "expected majority to be one label, as a text has one, got 2",
  );
});
