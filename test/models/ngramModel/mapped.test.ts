import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { FileError, loadModel, NgramModel } from "../../../lib/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { randomLines } from "./sentences.js";

const held = `${randomLines(60, { seed: 2 }).join("\n")}\n`;

/** A folder with a model whose table has more than a page of memory. */
async function saved(): Promise<{ model: NgramModel; folder: string; file: string }> {
  const model = await NgramModel.fromText(`${randomLines(900).join("\n")}\n`, { order: 4 });
  const folder = await temporaryFolder();
  await model.save(folder);
  return { model, folder, file: join(folder, "model.safetensors") };
}

/** Changes a byte in the middle of a file. */
async function alter(file: string): Promise<void> {
  const bytes = await readFile(file);
  const place = bytes.length >> 1;
  bytes[place] = (bytes[place] as number) ^ 0x55;
  await writeFile(file, bytes);
}

test("a model whose table stays in its file says and writes what the model says that was saved", async () => {
  const { model, folder } = await saved();
  const mapped = await NgramModel.load(folder, { check: false });
  expect(await mapped.evaluate(held)).toEqual(await model.evaluate(held));
  expect(await mapped.store.read("ngrams")).toEqual(await model.store.read("ngrams"));
  const search = { prompt: "", beams: 3, maximumLength: 5 };
  expect(await mapped.beamSearch(search)).toEqual(await model.beamSearch(search));
  const pruned = await mapped.pruned({ pruneEntropy: 1e-3 });
  expect(pruned.network.config.counts).toEqual((await model.pruned({ pruneEntropy: 1e-3 })).network.config.counts);
  const again = await temporaryFolder();
  await mapped.save(again);
  const tensors = (of: string) => readFile(join(of, "model.safetensors"));
  expect(await tensors(again)).toEqual(await tensors(folder));
});

test("what is written to a model whose table stays in its file does not change the file", async () => {
  const { folder, file } = await saved();
  const before = await readFile(file);
  const mapped = await NgramModel.load(folder, { check: false });
  const table = (await mapped.store.read("ngrams")) as Int32Array;
  await mapped.store.write("ngrams", table.fill(1));
  expect(await mapped.store.read("ngrams")).toEqual(table);
  expect(await readFile(file)).toEqual(before);
});

test("an altered table is refused, unless it was asked for unchecked: then it gives other numbers or an error", async () => {
  const { folder, file } = await saved();
  await alter(file);
  for (const load of [NgramModel.load, loadModel]) {
    await expect(load(folder)).rejects.toThrow(FileError);
    await expect(load(folder, { check: true })).rejects.toThrow("its content was changed");
  }
  const mapped = await NgramModel.load(folder, { check: false });
  const { perplexity } = await mapped.evaluate(held);
  expect(perplexity).not.toBe(0);
});

test("a file that is replaced stays what it was to the model that has it open", async () => {
  const { model, folder } = await saved();
  const mapped = await NgramModel.load(folder, { check: false });
  const other = await NgramModel.fromText("a b\nb a\n", { order: 2 });
  await other.save(folder, { overwrite: true });
  expect(await mapped.evaluate(held)).toEqual(await model.evaluate(held));
});

test.skipIf(process.platform === "win32")("a file that is cut short in use is an error, not the end", async () => {
  const { folder, file } = await saved();
  const mapped = await NgramModel.load(folder, { check: false });
  await mapped.evaluate(held);
  const { size } = await stat(file);
  await truncate(file, 4096);
  const error = { code: "ERR_OSTINATO_FILE", message: expect.stringContaining("cut short") };
  await expect(mapped.evaluate(held)).rejects.toMatchObject(error);
  await expect(mapped.store.read("ngrams")).rejects.toMatchObject(error);
  await expect(mapped.beamSearch({ prompt: "", beams: 3, maximumLength: 5 })).rejects.toMatchObject(error);
  // It stays broken, as what was read is gone.
  await truncate(file, size);
  await expect(mapped.evaluate(held)).rejects.toBeInstanceOf(FileError);
  await expect(NgramModel.load(folder)).rejects.toBeInstanceOf(FileError);
});

test("an executor that cannot leave a table in its file reads it", async () => {
  const { model, folder } = await saved();
  const read = await NgramModel.load(folder, { executor: new ReferenceExecutor(), check: false });
  expect((await read.evaluate(held)).perplexity).toBeCloseTo((await model.evaluate(held)).perplexity, 5);
});
