import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NamedTensor } from "../../lib/formats/safetensors.js";
import { readSafetensors, writeSafetensors } from "../../lib/formats/safetensors.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const tensors: NamedTensor[] = [
  { name: "bytes", shape: [3], values: Uint8Array.of(1, 2, 255) },
  { name: "weight", shape: [2, 3], values: Float32Array.of(1, -2, 3.5, Number.NaN, Number.POSITIVE_INFINITY, -0) },
  { name: "ids", shape: [1, 2], values: Int32Array.of(-1, 2 ** 31 - 1) },
  { name: "exact", shape: [], values: Float64Array.of(Math.PI) },
  { name: "large", shape: [1], values: BigInt64Array.of(-(2n ** 62n)) },
  { name: "none", shape: [0, 4], values: new Float32Array(0) },
  { name: "__proto__", shape: [1], values: Float32Array.of(7) },
];
const metadata = { origin: 'a "quoted" text', 한국어: "\n" };

async function written(list: NamedTensor[] = tensors, more = metadata): Promise<string> {
  const file = join(await temporaryFolder(), "tensors.safetensors");
  await writeSafetensors(file, { tensors: list, metadata: more });
  return file;
}

/** A file with a header and data of our choice. */
async function made(header: unknown, data: Uint8Array = new Uint8Array(0)): Promise<string> {
  const file = join(await temporaryFolder(), "made.safetensors");
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(file, Buffer.concat([length, json, data]));
  return file;
}

test("what is written is read, bit for bit", async () => {
  const content = await readSafetensors(await written());
  expect(content.metadata).toEqual(metadata);
  expect(content.verified).toBe(true);
  const byName = (a: NamedTensor, b: NamedTensor) => (a.name < b.name ? -1 : 1);
  expect([...content.tensors].sort(byName)).toEqual([...tensors].sort(byName));
});

test("the file follows the format: header of u64 and JSON, data aligned and without gaps", async () => {
  const bytes = await readFile(await written());
  const length = Number(bytes.readBigUInt64LE(0));
  expect((8 + length) % 8).toBe(0);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  expect(header.weight).toMatchObject({ dtype: "F32", shape: [2, 3] });
  const [start, end] = header.weight.data_offsets;
  expect(start % 4).toBe(0);
  expect(bytes.readFloatLE(8 + length + start + 8)).toBe(3.5);
  expect(end - start).toBe(24);
  expect(header.exact.data_offsets[0] % 8).toBe(0);
});

test("a file cut off anywhere is an error that says so", async () => {
  const file = await written();
  const bytes = await readFile(file);
  for (let length = 0; length < bytes.length; length++) {
    await writeFile(file, bytes.subarray(0, length));
    await expect(readSafetensors(file), `${length} bytes`).rejects.toThrow(/tensors.safetensors is damaged.*cut off/);
  }
  await writeFile(file, Buffer.concat([bytes, Buffer.of(0)]));
  await expect(readSafetensors(file)).rejects.toThrow(/describes only/);
});

test("no byte can change unnoticed", async () => {
  const file = await written();
  const bytes = await readFile(file);
  const whole = await readSafetensors(file);
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [1, 0x80]) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ flip;
      await writeFile(file, altered);
      const outcome = await readSafetensors(file).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "ERR_OSTINATO_FILE" });
      // The one way left: a digest that is no longer called so. Then the file does not count as verified.
      else expect(outcome).toMatchObject({ tensors: whole.tensors, verified: false });
    }
  }
});

test("files of other tools have no digest and are read all the same; half floats become float32", async () => {
  const halves = Uint16Array.of(0x3f80, 0xc049, 0x3c00, 0x0001, 0xfc00, 0x7bff);
  const file = await made(
    { b: { dtype: "BF16", shape: [2], data_offsets: [0, 4] }, h: { dtype: "F16", shape: [4], data_offsets: [4, 12] } },
    new Uint8Array(halves.buffer),
  );
  const { tensors: read, verified, metadata: none } = await readSafetensors(file);
  expect(verified).toBe(false);
  expect(none).toEqual({});
  expect(read).toEqual([
    { name: "b", shape: [2], values: Float32Array.of(1, -3.140625) },
    { name: "h", shape: [4], values: Float32Array.of(1, 2 ** -24, Number.NEGATIVE_INFINITY, 65504) },
  ]);
});

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: "F32", shape, data_offsets: offsets });
const hostile: [string, unknown, RegExp][] = [
  ["not JSON", "{", /not JSON/],
  ["an array", [], /is an array/],
  ["a number", 3, /is 3/],
  ["metadata of numbers", { __metadata__: { a: 1 } }, /__metadata__ is not an object of texts/],
  ["no entry", { a: null }, /tensor "a" is null/],
  ["an unknown dtype", { a: { dtype: "F31", shape: [], data_offsets: [0, 4] } }, /dtype "F31"/],
  ["a dtype of Object", { a: { dtype: "constructor", shape: [], data_offsets: [0, 4] } }, /dtype "constructor"/],
  ["a negative size", { a: f32([-1], [0, 4]) }, /no proper shape/],
  ["a size that is no number", { a: f32(["1"], [0, 4]) }, /no proper shape/],
  ["sizes whose product overflows", { a: f32([2 ** 40, 2 ** 40], [0, 8]) }, /bytes of data/],
  ["offsets outside", { a: f32([2 ** 40], [0, 2 ** 42]) }, /cut off/],
  ["offsets backwards", { a: f32([1], [4, 0]) }, /bytes of data/],
  ["three offsets", { a: f32([1], [0, 4, 8]) }, /data_offsets/],
  ["a shape that does not fit", { a: f32([3], [0, 8]) }, /shape \[3\] of F32, 12 bytes, but 8/],
  ["tensors that overlap", { a: f32([1], [0, 4]), b: f32([2], [0, 8]) }, /begins at byte 0 of the data, expected 4/],
  ["a gap", { b: f32([1], [4, 8]) }, /begins at byte 4 of the data, expected 0/],
  ["data that nobody owns", { a: f32([1], [0, 4]) }, /8 bytes of data, and its header describes only 4/],
];

test.each(hostile)("a header with %s is refused", async (_, header, message) => {
  const file = await made(header, new Uint8Array(8));
  await expect(readSafetensors(file)).rejects.toThrow(message);
  await expect(readSafetensors(file)).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
});

test("a header length that cannot be is refused before it is believed", async () => {
  const file = join(await temporaryFolder(), "long.safetensors");
  await writeFile(file, Buffer.alloc(16, 0xff));
  await expect(readSafetensors(file)).rejects.toThrow(/promise a header of 18446744073709552000 bytes/);
});

test("a missing file and a folder are told apart", async () => {
  const folder = await temporaryFolder();
  await expect(readSafetensors(join(folder, "none"))).rejects.toThrow(/There is no file .*none/);
  await expect(readSafetensors(folder)).rejects.toThrow(/is not a plain file/);
});

test("tensors that contradict themselves are not written", async () => {
  const write = (list: NamedTensor[]) => written(list);
  await expect(write([{ name: "a", shape: [2], values: new Float32Array(3) }])).rejects.toThrow(
    /2 elements, its values 3/,
  );
  const a = { name: "a", shape: [1], values: new Float32Array(1) };
  await expect(write([a, a])).rejects.toThrow(/two tensors "a"/);
});

test("several chunks of data are read and verified", async () => {
  const values = Float32Array.from({ length: 2_500_000 }, (_, i) => i);
  const file = await written([{ name: "a", shape: [2_500_000], values }]);
  const { tensors: read, verified } = await readSafetensors(file);
  expect(verified).toBe(true);
  // Element by element this takes the runner seconds.
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
  expect(bytes(read[0]?.values as Float32Array).equals(bytes(values))).toBe(true);
});
