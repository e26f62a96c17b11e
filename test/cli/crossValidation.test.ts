import { expect, test } from "vitest";
import { spread, spreadText } from "../../lib/cli/crossValidation.js";

test("scores of folds have their mean, and the deviation of a sample", () => {
  expect(spread([0.1, 0.2, 0.6])).toEqual({
    mean: expect.closeTo(0.3, 12),
    deviation: expect.closeTo(Math.sqrt(0.07), 12),
  });
  expect(spread([0.25, 0.75]).deviation).toBeCloseTo(Math.SQRT1_2 / 2, 12);
});

test("one fold has no deviation, and a share is written in per cent", () => {
  expect(spreadText(spread([0.5]))).toBe("50.00 % (standard deviation 0.00)");
  expect(spreadText({ mean: 0.98765, deviation: 0.01234 })).toBe("98.77 % (standard deviation 1.23)");
});
