import { expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import type { MatmulPrecision } from "../../lib/executor/native.js";
import { nativeExecutor, nativeInfo } from "../../lib/executor/native.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { Trainer } from "../../lib/train/trainer.js";

const text = "She sells sea shells by the sea shore; the shells she sells are sea shells, surely.\n".repeat(60);
const tokenizer = CharacterTokenizer.fromText(text);

/** Losses of ten updates of a model that is large enough for the matrix unit. */
async function losses(matmulPrecision: MatmulPrecision): Promise<number[]> {
  const executor = nativeExecutor({ matmulPrecision });
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 96, layers: 2, executor });
  const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 16, windowLength: 20 });
  const trainer = new Trainer(model, { data, epochs: 1, maximumSteps: 10 });
  const seen: number[] = [];
  trainer.on("step", ({ loss }) => seen.push(loss));
  await trainer.run();
  return seen;
}

test("training in high precision follows float32 closely, in medium nearly, and twice to the same bits", async () => {
  const [highest, high, medium] = [await losses("highest"), await losses("high"), await losses("medium")];
  const distance = (other: number[]) => Math.max(...highest.map((loss, i) => Math.abs(loss - (other[i] as number))));
  expect(highest.length).toBe(10);
  expect(distance(high)).toBeLessThan(1e-4);
  expect(distance(medium)).toBeLessThan(2e-2);
  expect(await losses("medium")).toEqual(medium);
  // Where operands are rounded they are different numbers, elsewhere the same.
  expect(distance(high) > 0).toBe(nativeInfo().gemm.high !== null);
  expect(distance(medium) > 0).toBe(nativeInfo().gemm.medium !== null);
  expect(distance(high) <= distance(medium)).toBe(true);
});

test("a precision that does not exist is refused", () => {
  expect(() => nativeExecutor({ matmulPrecision: "low" as MatmulPrecision })).toThrow(/one of highest, high, medium/);
});
