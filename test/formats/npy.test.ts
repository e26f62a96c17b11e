import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readNpy, writeNpy } from "../../lib/formats/npy.js";
import { encodeNpyHeader, parseNpyHeader, prefixOf } from "../../lib/formats/npyHeader.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import cases from "./npy.json" with { type: "json" };

async function saved(bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), "array.npy");
  await writeFile(file, bytes);
  return file;
}

/** A file with a header of our choice. */
function made(header: string, data = new Uint8Array(0), version = 1): Promise<string> {
  const text = Buffer.from(header, "latin1");
  const prefix = Buffer.alloc(version === 1 ? 10 : 12);
  prefix.write("\x93NUMPY", "latin1");
  prefix.set([version, 0], 6);
  if (version === 1) prefix.writeUInt16LE(text.length, 8);
  else prefix.writeUInt32LE(text.length, 8);
  return saved(Buffer.concat([prefix, text, data]));
}

const header = (shape: string, descr = "'<f4'") =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape}), }\n`;

describe("arrays that NumPy saved are read as they were", () => {
  test.each(cases.filter((one) => !("refused" in one)))("$name", async ({ file, shape, values }) => {
    const read = await readNpy(await saved(Buffer.from(file, "base64")));
    expect(read.shape).toEqual(shape);
    const listed = Array.from(read.values as Iterable<number | bigint>, (value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(listed).toEqual(values?.map((value) => (typeof value === "boolean" ? Number(value) : value)));
  });
});

test.each([
  ["objects", "holds Python objects"],
  ["records", "records with named fields"],
  ["complex", 'elements of type "<c8"'],
  ["texts", 'elements of type "<U2"'],
])("an array of %s is refused by name", async (name, message) => {
  const file = cases.find((one) => one.name === name)?.file as string;
  await expect(readNpy(await saved(Buffer.from(file, "base64")))).rejects.toThrow(message);
});

test.each([
  ["the whole header", 5],
  ["the dictionary", 40],
  ["the data", 4],
])("a file that is cut off before the end of %s is refused", async (_, missing) => {
  const bytes = Buffer.from(cases[0]?.file as string, "base64");
  const file = await saved(bytes);
  await truncate(file, missing === 4 ? bytes.length - 4 : missing);
  await expect(readNpy(file)).rejects.toThrow("it is cut off");
});

test.each([
  [
    "more elements than there are bytes",
    header("1000000000000,"),
    "it is cut off: its header promises 1000000000000 elements",
  ],
  ["a size that no file has", header("9007199254740991, 9007199254740991"), "its header promises an array of shape"],
  ["a negative size", header("-1,"), "its header has the shape (-1,)"],
  ["a size that is no number", header("a,"), "its header has the shape (a,)"],
  ["too many axes", header("1, ".repeat(65)), "its header has the shape"],
  ["no dictionary", "numbers", "its header is"],
  ["code after the dictionary", `${header("1,").trim()} + [1]`, "its header is"],
  ["code in the dictionary", header("__import__('os').system('true'),"), "its header is"],
  ["no brace at its beginning", header("1,").replace("{", "("), "its header is"],
  ["nothing in it", "{}", "its header should say descr"],
  ["more bytes than can be counted", header("4503599627370496,", "'<f8'"), "its header promises an array of shape"],
  ["no shape", "{'descr': '<f4', 'fortran_order': False}", "its header should say descr"],
  [
    "another entry",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': (1,)}",
    "its header should say descr",
  ],
  ["a width that no type has", header("1,", "'<f3'"), 'elements of type "<f3"'],
])("a header with %s is refused at once", async (_, text, message) => {
  await expect(readNpy(await made(text, new Uint8Array(4)))).rejects.toThrow(message);
});

test.each([
  ["i1", (view: DataView, at: number, value: number) => view.setInt8(at, value)],
  ["i2", (view: DataView, at: number, value: number) => view.setInt16(at, value)],
  ["i4", (view: DataView, at: number, value: number) => view.setInt32(at, value)],
  ["f4", (view: DataView, at: number, value: number) => view.setFloat32(at, value)],
  ["f8", (view: DataView, at: number, value: number) => view.setFloat64(at, value)],
  ["i8", (view: DataView, at: number, value: number) => view.setBigInt64(at, BigInt(value))],
] as const)(
  "numbers of type %s with the highest byte first, in an order that one axis does not have",
  async (type, set) => {
    const width = Number(type[1]);
    const view = new DataView(new ArrayBuffer(3 * width));
    const numbers = [width === 1 ? 25 : 258, -3, 7];
    for (const [i, value] of numbers.entries()) set(view, i * width, value);
    const text = header("3,", `'>${type}'`).replace("False", "True");
    const { shape, values } = await readNpy(await made(text, new Uint8Array(view.buffer)));
    expect([shape, Array.from(values as ArrayLike<number>, Number)]).toEqual([[3], numbers]);
  },
);

test.each([
  ["spaces before it", ` ${header("1,")}`],
  ["double quotes", header("1,").replaceAll("'", '"')],
  ["64 axes", header("1, ".repeat(64))],
  ["10,000 bytes", header("1,").padEnd(10_000)],
])("a header with %s is read", async (_, text) => {
  const { values } = await readNpy(await made(text, new Uint8Array(Float32Array.of(2.5).buffer)));
  expect(values).toEqual(Float32Array.of(2.5));
});

test("truth values are called by either of NumPy's names", async () => {
  for (const type of ["'?'", "'|b1'"]) {
    expect((await readNpy(await made(header("2,", type), Uint8Array.of(1, 0)))).values).toEqual(Uint8Array.of(1, 0));
  }
});

test("a header of 10,001 bytes is refused", async () => {
  const file = await made(header("1,").padEnd(10_001), new Uint8Array(4));
  await expect(readNpy(file)).rejects.toThrow("it promises a header of 10001 bytes");
});

test.each([
  ["a float of 32 bits, once", "'<f4'", "False", 4, 24],
  ["a float of 16 bits, of which a wider one is made", "'<f2'", "False", 2, 36],
  ["a float of another order, of which a copy is made", "'<f4'", "True", 4, 48],
])("six times the memory for %s, is needed and enough", async (_, type, order, width, bytes) => {
  const limit = vi.spyOn(process, "constrainedMemory");
  onTestFinished(() => limit.mockRestore());
  const file = await made(header("2, 3", type).replace("False", order), new Uint8Array(6 * width));
  limit.mockReturnValue(bytes);
  expect((await readNpy(file)).values).toEqual(new Float32Array(6));
  limit.mockReturnValue(bytes - 1);
  await expect(readNpy(file)).rejects.toThrow(`its values need ${bytes} bytes of memory`);
});

test("a header that claims gigabytes is refused before it is read", async () => {
  const file = await made("", new Uint8Array(0), 2);
  const bytes = await readFile(file);
  bytes.writeUInt32LE(0xffffffff, 8);
  await writeFile(file, bytes);
  await expect(readNpy(file)).rejects.toThrow("it promises a header of 4294967295 bytes");
});

test("data after the array is refused", async () => {
  await expect(readNpy(await made(header("1,"), new Uint8Array(8)))).rejects.toThrow(
    "there is something after the array",
  );
});

test.each([
  ["text", Buffer.from("0.1 0.2 0.3\n0.4 0.5 0.6\n"), "is not a .npy file"],
  ["an archive", Buffer.from("PK\x03\x04 and more of it"), "is a .npz archive"],
  ["a version before the first", Buffer.from("\x93NUMPY\x00\x00\x00\x00\x00\x00", "latin1"), "of version 0.0"],
  ["a version after the first", Buffer.from("\x93NUMPY\x01\x01\x00\x00\x00\x00", "latin1"), "of version 1.1"],
  ["a version to come", Buffer.from("\x93NUMPY\x04\x00\x00\x00\x00\x00", "latin1"), "of version 4.0"],
])("%s is refused by name", async (_, bytes, message) => {
  await expect(readNpy(await saved(bytes))).rejects.toThrow(message);
});

test.each([
  Float32Array.of(1, -0, 3.5),
  Float64Array.of(Math.PI, 1, 2),
  Int8Array.of(-1, 2, 3),
  Uint8Array.of(255, 0, 1),
  Int16Array.of(-5, 6, 7),
  BigInt64Array.of(1n, -2n, 3n),
])("what is written is read", async (values) => {
  const file = join(await temporaryFolder(), "array.npy");
  for (const shape of [[3], [3, 1], [1, 3, 1]]) {
    await writeNpy(file, { shape, values });
    expect(await readNpy(file)).toEqual({ shape, values });
  }
});

test("a written file has NumPy's bytes", async () => {
  const { file, shape, values } = cases[0] as { file: string; shape: number[]; values: number[] };
  const path = join(await temporaryFolder(), "array.npy");
  await writeNpy(path, { shape, values: Float32Array.from(values) });
  expect((await readFile(path)).toString("base64")).toBe(file);
});

test.each([
  [[], 1, "()"],
  [[3], 3, "(3,)"],
  [[3, 0], 0, "(3, 0)"],
])("the shape %j is written as a tuple of Python", async (shape, elements, text) => {
  const path = join(await temporaryFolder(), "array.npy");
  await writeNpy(path, { shape, values: new Uint8Array(elements) });
  const written = `{'descr': '|u1', 'fortran_order': False, 'shape': ${text}, }`;
  expect((await readFile(path)).toString("latin1", 10, 127)).toBe(written.padEnd(117));
});

test("however long a header is, it ends with its line at the next multiple of 64", () => {
  for (const axes of [0, 1, 2, 3, 20]) {
    for (let digits = 1; digits <= 15; digits++) {
      const shape = [0, ...new Array<number>(axes).fill(1e14), 10 ** (digits - 1)];
      const bytes = encodeNpyHeader("i4", shape);
      const padding = bytes.length - (bytes.indexOf("}") + 1);
      expect([bytes.length % 64, bytes.at(-1), padding <= 64]).toEqual([0, 0x0a, true]);
      const { start, length } = prefixOf(bytes, "array.npy");
      expect([start, start + length]).toEqual([10, bytes.length]);
      expect(parseNpyHeader(bytes.toString("latin1", start), "array.npy").shape).toEqual(shape);
    }
  }
});

test.each([
  [{ shape: [2], values: new Float32Array(3) }, "the shape [2] has 2 elements, and there are 3"],
  [{ shape: [-1], values: new Float32Array(1) }, "expected a shape of whole numbers, got an array of 1"],
  [{ shape: [0.5, 2], values: new Float32Array(1) }, "expected a shape of whole numbers, got an array of 2"],
  [{ shape: 1, values: new Float32Array(1) }, "expected a shape of whole numbers, got 1"],
  [{ shape: [1], values: [1] }, "expected a typed array of numbers, got an array of 1"],
  [null, "expected a typed array of numbers, got undefined"],
])("%j is not written", async (array, message) => {
  const path = join(await temporaryFolder(), "array.npy");
  await expect(writeNpy(path, array as never)).rejects.toThrow(`writeNpy: ${message}`);
});
