import { expect, test } from "vitest";
import { classificationScores } from "../../lib/metrics/classification.js";
import { randomNumbers } from "../data/randomText.js";

test("the example of scikit-learn's classification_report has the report that its documentation prints", () => {
  const truth = ["class 0", "class 1", "class 2", "class 2", "class 2"];
  const predicted = ["class 0", "class 0", "class 2", "class 2", "class 1"];
  const { accuracy, macroF1, labels, confusion } = classificationScores(predicted, truth, [
    "class 0",
    "class 1",
    "class 2",
  ]);
  const rounded = labels.map(({ precision, recall, f1, support }) =>
    [precision, recall, f1].map((share) => share.toFixed(2)).concat(String(support)),
  );
  expect(rounded).toEqual([
    ["0.50", "1.00", "0.67", "1"],
    ["0.00", "0.00", "0.00", "1"],
    ["1.00", "0.67", "0.80", "3"],
  ]);
  expect([accuracy.toFixed(2), macroF1.toFixed(2)]).toEqual(["0.60", "0.49"]);
  expect(confusion).toEqual([
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 2],
  ]);
});

test("items with several labels count each label, and are right only with all of them", () => {
  const { accuracy, microF1, labels, confusion } = classificationScores(
    [["a", "b"], [], ["b"]],
    [["a"], [], ["b", "c"]],
    ["a", "b", "c"],
  );
  expect(accuracy).toBeCloseTo(1 / 3, 12);
  // a: 1 of 1; b: 1 of 2 given, 1 wanted; c: never given.
  expect(labels.map(({ f1 }) => f1)).toEqual([1, 2 / 3, 0]);
  expect(microF1).toBeCloseTo((2 * 2) / (3 + 3), 12);
  expect(confusion).toBeNull();
});

test("with one label each the F1 of all is the accuracy, and the confusion's diagonal is what is right", () => {
  const random = randomNumbers(8);
  const names = ["x", "y", "z"];
  const draw = () => Array.from({ length: 200 }, () => names[random(3)] as string);
  const [truth, predicted] = [draw(), draw()];
  const { accuracy, microF1, labels, confusion } = classificationScores(predicted, truth, names);
  const right = truth.filter((label, i) => label === predicted[i]).length;
  expect(accuracy).toBe(right / 200);
  expect(microF1).toBeCloseTo(accuracy, 12);
  expect(confusion?.reduce((sum, row, i) => sum + (row[i] as number), 0)).toBe(right);
  expect(labels.map(({ support }) => support)).toEqual(confusion?.map((row) => row.reduce((a, b) => a + b, 0)));
});

test("what cannot be compared is refused by name", () => {
  expect(() => classificationScores([], [], ["a", "b"])).toThrow(/got 0 predictions for 0 items/);
  expect(() => classificationScores(["a"], ["a", "b"], ["a", "b"])).toThrow(/got 1 prediction for 2 items/);
  expect(() => classificationScores(["c"], ["a"], ["a", "b"])).toThrow(/"c" is not among the labels/);
  expect(() => classificationScores(["a"], ["a"], ["a", "a"])).toThrow(/expected labels that are texts, all different/);
  expect(() => classificationScores([[]], [[]], [])).toThrow(/expected labels that are texts/);
  expect(() => classificationScores("a" as never, ["a"], ["a", "b"])).toThrow(/expected arrays/);
});

test("a label that is never given has precision 0, and one that no item has recall 0", () => {
  expect(classificationScores(["a", "b", "a"], ["a", "a", "c"], ["a", "b", "c", "d"])).toEqual({
    count: 3,
    accuracy: 1 / 3,
    macroF1: 0.5 / 4,
    microF1: 1 / 3,
    labels: [
      { label: "a", precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
      { label: "b", precision: 0, recall: 0, f1: 0, support: 0 },
      { label: "c", precision: 0, recall: 0, f1: 0, support: 1 },
      { label: "d", precision: 0, recall: 0, f1: 0, support: 0 },
    ],
    confusion: [
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  });
});

test("a label that comes twice in a list counts once, and lists on one side alone have no confusion", () => {
  const { accuracy, labels, confusion } = classificationScores(
    [
      ["a", "a"],
      ["a", "b"],
    ],
    ["a", "b"],
    ["a", "b"],
  );
  expect([accuracy, labels.map(({ precision }) => precision), confusion]).toEqual([0.5, [0.5, 1], null]);
  expect(() => classificationScores(["a"], ["a"], ["a", 5] as never)).toThrow(/expected labels that are texts/);
  expect(() => classificationScores(["a"], [["a", "c"]], ["a", "b"])).toThrow(/"c" is not among the labels/);
});
