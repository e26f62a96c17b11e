import { expect, test } from "vitest";
import { likelyLabels, thresholdOf } from "../../lib/models/likelyLabels.js";

const names = ["a", "b", "c"];

test("where there may be several, each label that is as likely as the threshold is given", () => {
  const likely = (probabilities: number[], threshold: number) =>
    likelyLabels(probabilities, { names, several: true, threshold });
  expect(likely([0.5, 0.25, 0.75], 0.5)).toEqual(["a", "c"]);
  expect(likely([0.5, 0.25, 0.75], 0.25)).toEqual(names);
  expect(likely([0.5, 0.25, 0.75], 0.76)).toEqual([]);
});

test("where there is one it is the likeliest, the first of those that are alike, whatever the threshold", () => {
  const likely = (probabilities: number[]) => likelyLabels(probabilities, { names, several: false, threshold: 0.9 });
  expect(likely([0.2, 0.3, 0.5])).toBe("c");
  expect(likely([0.4, 0.4, 0.2])).toBe("a");
  expect(likely([0.2, 0.4, 0.4])).toBe("b");
});

test("the threshold is a half unless it is given, and goes with several labels only", () => {
  expect(thresholdOf("tag", { threshold: undefined, several: true })).toBe(0.5);
  expect(thresholdOf("tag", { threshold: undefined, several: false })).toBe(0.5);
  expect(thresholdOf("tag", { threshold: 0.3, several: true })).toBe(0.3);
  expect(() => thresholdOf("tag", { threshold: 0.3, several: false })).toThrow(
    /^tag: threshold says .* Leave it out\.$/,
  );
});
