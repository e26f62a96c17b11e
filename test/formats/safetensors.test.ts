import { execFileSync } from "node:child_process";
import { readSync } from "node:fs";
import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
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
  { name: "signs", shape: [2], values: Int8Array.of(-128, 127) },
  { name: "shorts", shape: [2], values: Int16Array.of(-32768, 32767) },
  { name: "pixels", shape: [2], values: Uint16Array.of(0, 65535) },
  { name: "hashes", shape: [2], values: Uint32Array.of(0, 2 ** 32 - 1) },
  { name: "addresses", shape: [1], values: BigUint64Array.of(2n ** 64n - 1n) },
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
  const json = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
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

test("floats of 8 bits are read exactly, and truth values as bytes", async () => {
  const [e4m3, e5m2] = [
    Uint8Array.of(0x00, 0x01, 0x08, 0x38, 0xb8, 0x7e, 0xff),
    Uint8Array.of(0x01, 0x04, 0x3c, 0xbc, 0x7b, 0xfc, 0x7e),
  ];
  const file = await made(
    {
      e4: { dtype: "F8_E4M3", shape: [7], data_offsets: [0, 7] },
      e5: { dtype: "F8_E5M2", shape: [7], data_offsets: [7, 14] },
      truth: { dtype: "BOOL", shape: [2], data_offsets: [14, 16] },
    },
    Buffer.concat([e4m3, e5m2, Uint8Array.of(0, 1)]),
  );
  const { tensors: read } = await readSafetensors(file);
  expect(read).toEqual([
    // Micikevicius et al. (2022), table 1: least 2^-9, least normal 2^-6, largest 448 and no infinity.
    { name: "e4", shape: [7], values: Float32Array.of(0, 2 ** -9, 2 ** -6, 1, -1, 448, Number.NaN) },
    // Least 2^-16, least normal 2^-14, largest 57344.
    { name: "e5", shape: [7], values: Float32Array.of(2 ** -16, 2 ** -14, 1, -1, 57344, -Infinity, Number.NaN) },
    { name: "truth", shape: [2], values: Uint8Array.of(0, 1) },
  ]);
});

test("a tensor of a type that is not read is named, and the file is not called damaged", async () => {
  const file = await made({ a: { dtype: "F4", shape: [2], data_offsets: [0, 1] } }, new Uint8Array(1));
  const error = await readSafetensors(file).catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    message: expect.stringMatching(/tensor "a" is of type "F4".*Convert it to one of F64/),
  });
  expect((error as Error).message).not.toMatch(/damaged/);
});

test("upper halves of floats are written as BF16 and read as floats", async () => {
  const file = await written([{ name: "w", shape: [2], values: Uint16Array.of(0x3f80, 0xc049), type: "BF16" }]);
  expect((await readSafetensors(file)).tensors).toEqual([
    { name: "w", shape: [2], values: Float32Array.of(1, -3.140625) },
  ]);
});

test("a file that needs more memory than there is says how much, before it is read", async () => {
  const bytes = 2 ** 50;
  const file = await made({ a: { dtype: "F32", shape: [bytes / 4], data_offsets: [0, bytes] } });
  const { size } = await stat(file);
  // The file system keeps no byte of the gap; where it cannot have such files, there is nothing to test.
  const sparse = await truncate(file, size + bytes).then(
    () => true,
    () => false,
  );
  await expect(readSafetensors(file)).rejects.toThrow(
    sparse ? `its tensors need ${bytes} bytes of memory` : "it is cut off",
  );
});

test("a limit that this process runs under counts as its memory, and without one that of the machine", async () => {
  const limit = vi.spyOn(process, "constrainedMemory");
  onTestFinished(() => limit.mockRestore());
  const file = await written([{ name: "a", shape: [256], values: new Float32Array(256) }]);
  limit.mockReturnValue(1000);
  await expect(readSafetensors(file)).rejects.toThrow(
    "its tensors need 1024 bytes of memory, and this process can have 1000.",
  );
  for (const enough of [1024, 0]) {
    limit.mockReturnValue(enough);
    expect((await readSafetensors(file)).tensors).toHaveLength(1);
  }
});

test("floats of 8 and 16 bits need the memory of wider ones besides", async () => {
  const limit = vi.spyOn(process, "constrainedMemory");
  onTestFinished(() => limit.mockRestore());
  const file = await made(
    {
      e: { dtype: "F8_E5M2", shape: [4], data_offsets: [0, 4] },
      h: { dtype: "F16", shape: [2], data_offsets: [4, 8] },
      b: { dtype: "BF16", shape: [2], data_offsets: [8, 12] },
      f: { dtype: "F32", shape: [1], data_offsets: [12, 16] },
    },
    new Uint8Array(16),
  );
  // 4 + 16 bytes for e, 4 + 8 for h and for b, 4 for f.
  limit.mockReturnValue(47);
  await expect(readSafetensors(file)).rejects.toThrow("its tensors need 48 bytes of memory");
  limit.mockReturnValue(48);
  expect((await readSafetensors(file)).tensors.map(({ values }) => values.length)).toEqual([4, 2, 2, 1]);
});

test("tensors that are left stay in the file, where each begins, and the others are read", async () => {
  const file = await written([
    { name: "a", shape: [2], values: Float32Array.of(1, 2) },
    { name: "b", shape: [1], values: Float32Array.of(3) },
    { name: "c", shape: [2], values: Float32Array.of(4, 5) },
  ]);
  const { tensors: read, left, verified } = await readSafetensors(file, { leave: ({ name }) => name !== "b" });
  expect([read, verified]).toEqual([[{ name: "b", shape: [1], values: Float32Array.of(3) }], true]);
  const bytes = await readFile(file);
  const first = (name: string) => bytes.readFloatLE(left?.get(name)?.begin);
  expect([first("a"), first("c"), left?.get("b")]).toEqual([1, 4, null]);
  const onDisk = Buffer.alloc(8);
  readSync(left?.get("c")?.fd as number, onDisk, 0, 8, left?.get("c")?.begin as number);
  expect([onDisk.readFloatLE(0), onDisk.readFloatLE(4)]).toEqual([4, 5]);
  await left?.close();
  expect((await readSafetensors(file)).left).toBeNull();
});

test("a header is shown before anything is read, and what it leads to is thrown", async () => {
  const file = await written();
  const check = (header: { metadata: object; entries: readonly { name: string }[] }) => {
    throw new RangeError(`${header.entries.length} tensors`);
  };
  await expect(readSafetensors(file, { check })).rejects.toThrow(new RangeError(`${tensors.length} tensors`));
});

test("a pipe in place of a file is refused at once", async () => {
  const pipe = join(await temporaryFolder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(readSafetensors(pipe)).rejects.toThrow(/pipe is not a plain file/);
});

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: "F32", shape, data_offsets: offsets });
const hostile: [string, unknown, RegExp][] = [
  ["not JSON", "{", /not JSON/],
  ["an array", [], /header: expected an object, got an array of 0/],
  ["a number", 3, /header: expected an object, got 3/],
  ["metadata of numbers", { __metadata__: { a: 1 } }, /__metadata__: a: expected a text, got 1/],
  ["no entry", { a: null }, /tensor "a": expected an object, got null/],
  [
    "an unknown dtype",
    { a: { dtype: "F31", shape: [], data_offsets: [0, 4] } },
    /tensor "a" is of type "F31", which Ostinato does not read/,
  ],
  ["a dtype of Object", { a: { dtype: "constructor", shape: [], data_offsets: [0, 4] } }, /type "constructor", which/],
  ["a negative size", { a: f32([-1], [0, 4]) }, /shape\[0\]: expected a whole number at least 0 .*, got -1/],
  ["a size that is no number", { a: f32(["1"], [0, 4]) }, /shape\[0\]: expected a whole number .*, got "1"/],
  ["sizes whose product overflows", { a: f32([2 ** 40, 2 ** 40], [0, 8]) }, /bytes of data/],
  ["offsets outside", { a: f32([2 ** 40], [0, 2 ** 42]) }, /cut off/],
  ["offsets backwards", { a: f32([1], [4, 0]) }, /bytes of data/],
  ["three offsets", { a: f32([1], [0, 4, 8]) }, /data_offsets: expected an array of 2, got an array of 3/],
  ["a thousand axes", { a: f32(new Array(1000).fill(2), [0, 8]) }, /shape \[2(,2){7},\.\.\. 1000 axes\] of F32/],
  ["a name twice", '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{}}', /name "a" is there twice/],
  ["a name twice in an entry", '{"a":{"dtype":"F32","dtype":"F64"}}', /the name "dtype" is there twice/],
  ["a name that is no UTF-8", Buffer.from('{"a\xff":{}}', "latin1"), /it is not UTF-8/],
  ["100,000 nested arrays", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /nested more than 64 levels deep/],
  ["a name of 2,000,000 characters", { ["x".repeat(2e6)]: f32([-1], [0, 4]) }, /tensor "x{57}\.\.\.": shape/],
  ["eight axes", { a: f32(new Array(8).fill(2), [0, 8]) }, /shape \[2(,2){7}\] of F32, 1024 bytes, but 8/],
  ["nine axes", { a: f32(new Array(9).fill(2), [0, 8]) }, /shape \[2(,2){7},\.\.\. 9 axes\] of F32, 2048 bytes/],
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
  await expect(write([{ ...a, name: "__metadata__" }])).rejects.toThrow(/two tensors "__metadata__"/);
  await expect(write([{ ...a, values: [1] } as never])).rejects.toThrow(
    'Tensor "a": expected a typed array, got an array of 1.',
  );
  await expect(write([{ ...a, type: "BF16" } as never])).rejects.toThrow(
    'Tensor "a": expected a typed array, a Uint16Array for BF16, got a Float32Array.',
  );
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
