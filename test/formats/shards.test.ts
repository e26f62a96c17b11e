import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileError } from "../../lib/errors.js";
import { readTensors, writeSafetensors } from "../../lib/formats/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import pickled from "./pytorch/pytorch.json" with { type: "json" };

/** A checkpoint of two files: a, b in one and c in the other, with an index that says where they are. */
async function checkpoint(where: Record<string, string> = { a: "1.safetensors", c: "2.safetensors" }): Promise<string> {
  const folder = await temporaryFolder();
  const one = (name: string, ...values: number[]) => ({
    name,
    shape: [values.length],
    values: Float32Array.from(values),
  });
  await writeSafetensors(join(folder, "1.safetensors"), { tensors: [one("a", 1, 2), one("b", 3)], metadata: {} });
  await writeSafetensors(join(folder, "2.safetensors"), { tensors: [one("c", 4, 5, 6)], metadata: {} });
  const index = join(folder, "model.safetensors.index.json");
  await writeFile(index, JSON.stringify({ metadata: { total_size: 20 }, weight_map: where }));
  return index;
}

test("the files that an index names are read as one, by the names that it lists", async () => {
  expect(await readTensors(await checkpoint())).toEqual([
    { name: "a", shape: [2], values: Float32Array.of(1, 2) },
    { name: "c", shape: [3], values: Float32Array.of(4, 5, 6) },
  ]);
});

test("they may be of different kinds", async () => {
  const [{ file, tensors }] = pickled as unknown as [{ file: string; tensors: { name: string }[] }];
  const names = tensors.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  const index = await checkpoint({ b: "1.safetensors", ...Object.fromEntries(names.map((name) => [name, "3.bin"])) });
  await writeFile(join(index, "../3.bin"), Buffer.from(file, "base64"));
  expect((await readTensors(index)).map(({ name }) => name)).toEqual(["b", ...names]);
});

test.each([
  [{ a: "1.safetensors", b: "2.safetensors" }, /says that "b" is in 2\.safetensors, and it is not there\.$/],
  [{ a: "3.safetensors" }, /There is no file .*3\.safetensors/],
  [
    { a: "../1.safetensors" },
    /names the file "\.\.\/1\.safetensors": expected names of files of weights that lie beside it/,
  ],
  [{ a: "..\\1.safetensors" }, /expected names of files of weights/],
  [{ a: ".." }, /is not a plain file/],
  [{ a: "model.safetensors.index.json" }, /expected names of files of weights/],
  [{ a: "" }, /weight_map/],
])("an index that says %j is refused", async (where, message) => {
  const refused = readTensors(await checkpoint(where));
  await expect(refused).rejects.toThrow(FileError);
  await expect(refused).rejects.toThrow(message);
});

test("a JSON file that is no index is refused", async () => {
  const file = join(await temporaryFolder(), "config.json");
  await writeFile(file, '{"hidden_size": 5}');
  await expect(readTensors(file)).rejects.toThrow(/weight_map/);
  await writeFile(file, "no JSON");
  await expect(readTensors(file)).rejects.toThrow(FileError);
});
