import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileError } from "../../../lib/errors.js";
import { readTensors, withTensorFile } from "../../../lib/formats/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import cases from "./pytorch.json" with { type: "json" };

interface Listed {
  name: string;
  shape: number[];
  values: unknown[];
}

async function saved(bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), "weights.pt");
  await writeFile(file, bytes);
  return file;
}

const bytesOf = (name: string) => Buffer.from(cases.find((one) => one.name === name)?.file as string, "base64");
const special: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
const numberOf = (value: unknown) => (typeof value === "string" && value in special ? special[value] : value);

describe("files that torch.save wrote are read as they were", () => {
  test.each(cases.filter((one) => "tensors" in one))("$name", async ({ file, tensors }) => {
    const read = await readTensors(await saved(Buffer.from(file, "base64")));
    const expected = (tensors as Listed[]).map((tensor) => ({ ...tensor, values: tensor.values.map(numberOf) }));
    const listed = read.map(({ name, shape, values }) => ({
      name,
      shape,
      values: Array.from(values as Iterable<number | bigint>, (value) =>
        typeof value === "bigint" ? `${value}` : value,
      ),
    }));
    expect(listed).toEqual(expected);
  });
});

describe("whatever is more than weights is refused by its name, and nothing of it runs:", () => {
  test.each(cases.filter((one) => "refused" in one))("$name", async ({ file, refused }) => {
    const reading = readTensors(await saved(Buffer.from(file, "base64")));
    await expect(reading).rejects.toThrow(refused as string);
    await expect(reading).rejects.toBeInstanceOf(FileError);
  });
});

test("a tensor of a type that is not read is no obstacle to the others", async () => {
  const file = await saved(bytesOf("complex numbers"));
  await withTensorFile(file, async ({ tensors, read }) => {
    expect(tensors.map(({ name }) => name)).toEqual(["x", "freqs"]);
    expect(await read("x")).toEqual(Float32Array.of(1, 1));
    await expect(read("freqs")).rejects.toThrow('"freqs" is of type complex64, which Ostinato does not read');
  });
});

test("a tensor without elements has no values, whatever its strides say", async () => {
  // The view of shape [2,0,4] becomes one of [0,2,0] in a pickle, whose strides would lead to before its beginning.
  const [shape, other] = ["K\x02K\x00K\x04", "K\x00K\x02K\x00"].map((text) => Buffer.from(text, "latin1"));
  const bytes = bytesOf("views");
  const at = bytes.indexOf(shape as Buffer);
  expect(at).toBeGreaterThan(0);
  bytes.set(other as Buffer, at);
  const read = await readTensors(await saved(bytes));
  expect(read.find(({ name }) => name === "none")).toMatchObject({ shape: [0, 2, 0], values: new Float32Array(0) });
});

test("tensors that are one part of memory are known to be", async () => {
  await withTensorFile(await saved(bytesOf("views")), async ({ tensors }) => {
    expect(tensors.filter(({ sameAs }) => sameAs !== undefined)).toEqual([
      { name: "tied", shape: [2, 3, 4], sameAs: "whole" },
    ]);
  });
});

test.each([
  [
    "another archive",
    Buffer.concat([Buffer.from("PK\x05\x06"), Buffer.alloc(18)]),
    /is damaged or not a safetensors file/,
  ],
  [
    "a tar archive",
    Buffer.concat([Buffer.alloc(257), Buffer.from("ustar"), Buffer.alloc(250)]),
    /tar archive of PyTorch before 0\.2/,
  ],
  [
    "a pickle of another program",
    Buffer.from("\x80\x04K\x05.........", "latin1"),
    /a pickle, but none that torch\.save wrote/,
  ],
])("%s is refused", async (_, bytes, message) => {
  await expect(readTensors(await saved(bytes))).rejects.toThrow(message);
});

test.each([
  ["\x80\x02", "a pickle, but none that torch.save wrote"],
  ["\x80\x05", "a pickle, but none that torch.save wrote"],
  ["\x80\x01", "is damaged or not a safetensors file"],
  ["\x80\x06", "is damaged or not a safetensors file"],
  ["\x81\x04", "is damaged or not a safetensors file"],
])("a file that begins with %j is taken for what has such a beginning", async (begin, message) => {
  await expect(readTensors(await saved(Buffer.from(`${begin}${"K".repeat(20)}`, "latin1")))).rejects.toThrow(message);
});

test("a safetensors file whose header's length looks like a pickle is read", async () => {
  const header = JSON.stringify({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
  // 0x0480 bytes: the file begins with 80 04, as a pickle of protocol 4 does.
  const bytes = Buffer.alloc(8 + 0x0480 + 4, " ");
  bytes.writeBigUInt64LE(0x0480n);
  bytes.write(header, 8);
  bytes.writeFloatLE(2.5, 8 + 0x0480);
  expect(await readTensors(await saved(bytes))).toEqual([{ name: "w", shape: [1], values: Float32Array.of(2.5) }]);
});

test("a directory that ends in 64 bits counts in place of the one in 32, and has to be where it is said to be", async () => {
  const bytes = bytesOf("state_dict");
  const expected = await readTensors(await saved(bytes));
  const [locator, end] = [bytes.lastIndexOf("PK\x06\x07"), bytes.length - 22];
  bytes.fill(0xff, end + 10, end + 20);
  expect(await readTensors(await saved(bytes))).toEqual(expected);
  for (const [place, message] of [
    [1, "there is no end of a directory at byte 1."],
    [bytes.length - 56, `there is no end of a directory at byte ${bytes.length - 56}.`],
    [bytes.length - 55, `its directory's end is at byte ${bytes.length - 55}, past its own.`],
  ] as const) {
    bytes.writeBigUInt64LE(BigInt(place), locator + 8);
    await expect(readTensors(await saved(bytes))).rejects.toThrow(message);
  }
});

test("a file that is cut off anywhere is refused, or read as it was", async () => {
  for (const name of ["state_dict", "state_dict, before PyTorch 1.6"]) {
    const whole = bytesOf(name);
    const expected = await readTensors(await saved(whole));
    for (let length = 0; length < whole.length; length += 7) {
      const file = await saved(whole.subarray(0, length));
      const read = await readTensors(file).catch((error: unknown) => error);
      if (!(read instanceof FileError)) expect(read, `${name}, ${length} bytes`).toEqual(expected);
    }
  }
});

/** A byte of a file, or several, that are others. */
function altered(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < 1 + random() * 3; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

test("files with other bytes are read or refused, at once and with errors of our own", async () => {
  let state = 12_345;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
  const file = await saved(Buffer.alloc(0));
  for (const { file: content } of cases) {
    for (let i = 0; i < 20; i++) {
      await writeFile(file, altered(Buffer.from(content, "base64"), random));
      const outcome = await readTensors(file).catch((error: unknown) => error);
      expect(Array.isArray(outcome) || outcome instanceof FileError, String((outcome as Error).stack)).toBe(true);
    }
  }
});
