import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { Seq2Seq } from "../../../lib/models/seq2seq/seq2seq.js";
import { adam } from "../../../lib/train/optimizers.js";
import { cosine } from "../../../lib/train/schedules.js";
import { Trainer } from "../../../lib/train/trainer.js";

const folder = fileURLToPath(new URL("../../../../shared/data/seq2seq-toy/", import.meta.url));

/** The rows of a task; every tenth question, with all of its rows, is kept for the test. */
function rowsOf(task: string): { train: Pair[]; test: Pair[] } {
  const lines = readFileSync(`${folder}${task}.txt`, "utf8").trimEnd().split("\n");
  const numbers = new Map<string, number>();
  const parts = { train: [] as Pair[], test: [] as Pair[] };
  for (const [i, line] of lines.entries()) {
    const [source, target] = line.split("_").map((text) => text.trim()) as [string, string];
    if (!numbers.has(source)) numbers.set(source, numbers.size);
    const part = (numbers.get(source) as number) % 10 === 0 ? parts.test : parts.train;
    part.push({ source, target, place: `${task}.txt, line ${i + 1}` });
  }
  return parts;
}

async function exactAfter(task: string, epochs: number): Promise<number> {
  const { train, test: held } = rowsOf(task);
  const characters = (texts: string[]) => CharacterTokenizer.fromText(texts.join("\n"));
  const tokenizer = new TokenizerPair(
    characters(train.map(({ source }) => source)),
    characters(train.map(({ target }) => target)),
  );
  const executor = nativeExecutor();
  const model = await Seq2Seq.create({
    tokenizer,
    executor,
    hiddenSize: 128,
    embeddingSize: 32,
    attend: "before",
  });
  const trainer = new Trainer(model, {
    data: await PairData.create(train, { tokenizer, batchSize: 128 }),
    optimizer: adam({ learningRate: 0.003 }),
    schedule: cosine({ floor: 0.05 }),
    epochs,
  });
  await trainer.run();
  return (await model.score(held.slice(0, 2000), { beams: 1, batchSize: 128 })).exact;
}

test.skipIf(!existsSync(folder))(
  "dates in any spelling become ISO dates, 99 of 100 exactly (seq2seq-toy, beside the repository)",
  async () => {
    expect(await exactAfter("date", 1)).toBeGreaterThanOrEqual(0.99);
  },
  600_000,
);

test.skipIf(!existsSync(folder))(
  "sums of two numbers come out right, 99 of 100 exactly (seq2seq-toy, beside the repository)",
  async () => {
    expect(await exactAfter("addition", 10)).toBeGreaterThanOrEqual(0.99);
  },
  600_000,
);
