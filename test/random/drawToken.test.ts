import { expect, test } from "vitest";
import { drawToken } from "../../lib/random/drawToken.js";

const row = Float64Array.of(Math.log(0.1), Math.log(0.4), Math.log(0.3), Number.NEGATIVE_INFINITY, Math.log(0.2));
const all = { temperature: 1, topK: 0, topP: 1 };
const drawn = (options: Partial<typeof all>, us: readonly number[], from: Float64Array | Float32Array = row) =>
  us.map((u) => drawToken(from, { ...all, ...options, u }));

test("tokens have their shares of [0, 1), in order of their ids where all take part", () => {
  const us = [0, 0.099, 0.101, 0.499, 0.501, 0.799, 0.801, 0.999];
  expect(drawn({}, us)).toEqual([0, 0, 1, 1, 2, 2, 4, 4]);
  expect(drawn({ topK: 5 }, us)).toEqual(drawn({}, us));
  expect(drawn({ topK: 9, topP: 1 }, us)).toEqual(drawn({}, us));
  // Rounding may leave nothing of the last share.
  expect(drawn({}, [1])).toEqual([4]);
  expect([drawn({ topP: 0.39 }, [1]), drawn({ topP: 0.5 }, [1])]).toEqual([[1], [2]]);
  // A share begins where the one before it ends.
  expect(drawn({}, [0.49, 0.5], Float32Array.of(1, 1))).toEqual([0, 1]);
});

test("the best of them come in order of falling probability", () => {
  expect(drawn({ topK: 2 }, [0, 0.57, 0.573, 0.999])).toEqual([1, 1, 2, 2]);
  expect(drawn({ topK: 4 }, [0, 0.399, 0.401, 0.699, 0.701, 0.899, 0.901])).toEqual([1, 1, 2, 2, 4, 4, 0]);
  expect(drawn({ topK: 1 }, [0, 0.999])).toEqual([1, 1]);
});

test("the fewest tokens that reach top-p of what is left are drawn from", () => {
  expect(drawn({ topP: 0.39 }, [0, 0.999])).toEqual([1, 1]);
  expect(drawn({ topP: 0.5 }, [0, 0.57, 0.573, 0.999])).toEqual([1, 1, 2, 2]);
  expect(drawn({ topP: 0.95 }, [0.899, 0.901])).toEqual([4, 0]);
  expect(drawn({ topP: 0.5 }, [0.999], Float32Array.of(1, 1))).toEqual([0]);
  // The three best have 0.4, 0.3 and 0.2, half of which is 0.45.
  expect(drawn({ topK: 3, topP: 0.5 }, [0.57, 0.573, 0.999])).toEqual([1, 2, 2]);
});

test("temperature sharpens or flattens, and at 0 the best is taken, the first of equals", () => {
  // 0.01, 0.16, 0.09 and 0.04 of 0.3.
  expect(drawn({ temperature: 0.5 }, [0.033, 0.034, 0.566, 0.567, 0.866, 0.867])).toEqual([0, 1, 1, 2, 2, 4]);
  expect(drawn({ temperature: 0.01 }, [0.001, 0.999], Float32Array.of(100, 99))).toEqual([0, 0]);
  expect(drawn({ temperature: 0 }, [0, 0.999])).toEqual([1, 1]);
  expect(drawn({ temperature: 0 }, [0.5], Float32Array.of(1, 3, 3))).toEqual([1]);
  expect(drawn({ topK: 1 }, [0.5], Float32Array.of(1, 3, 3))).toEqual([1]);
});

test("where every token is impossible none is drawn", () => {
  expect(drawn({}, [0.5], new Float64Array(3).fill(Number.NEGATIVE_INFINITY))).toEqual([null]);
  expect(drawn({ temperature: 0 }, [0.5], new Float64Array(0))).toEqual([null]);
});
