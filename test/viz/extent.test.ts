import { expect, test } from "vitest";
import { greatest, least } from "../../lib/viz/extent.js";

test("a million numbers have a greatest and a least", () => {
  const numbers = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003);
  expect([greatest(numbers), least(numbers)]).toEqual([1_000_002, 0]);
});
