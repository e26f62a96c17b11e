import { expect, test } from "vitest";
import { memoryStream } from "../../../lib/data/index.js";
import { WindowData } from "../../../lib/models/textModel/data.js";

const ids = Int32Array.from({ length: 60 }, (_, i) => i);

async function inputsOf(batches: AsyncIterable<{ feeds: object }>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { feeds } of batches) found.push([...(feeds as { inputs: Int32Array }).inputs]);
  return found;
}

test("processes read the columns of their own, down to one column each; more processes than columns are refused", async () => {
  const data = new WindowData(memoryStream(ids, 0), { batchSize: 3, windowLength: 4 });
  const whole = await inputsOf(data.batches(0));
  expect(whole.length).toBe(data.length);
  for (const [rank, of] of [0, 1, 2].entries()) {
    const own = await inputsOf(data.batchesOfRows(0, 0, { rank, size: 3 }));
    expect(own).toEqual(whole.map((window) => window.filter((_, i) => i % 3 === of)));
  }
  expect(() => data.batchesOfRows(0, 0, { rank: 0, size: 4 })).toThrow(
    "WindowData: 4 processes cannot share batches of 3: give a larger batchSize, or start fewer.",
  );
});

test("a spread of windows is for training, and at most as long as they are", () => {
  const make = (options: object) => () =>
    new WindowData(
      memoryStream(
        Int32Array.from({ length: 20 }, () => 0),
        20,
      ),
      { batchSize: 2, windowLength: 4, ...options },
    );
  expect(make({ windowSpread: 4 })).not.toThrow();
  expect(make({ windowSpread: 5 })).toThrow("WindowData: expected a windowSpread of at most windowLength (4), got 5.");
  expect(make({ windowSpread: 0, role: "validate" })).not.toThrow();
  expect(make({ windowSpread: 1, role: "validate" })).toThrow(
    "WindowData: windowSpread is for training; leave it out (0) where a text is measured.",
  );
});
