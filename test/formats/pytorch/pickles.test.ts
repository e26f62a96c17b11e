import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileError } from "../../../lib/errors.js";
import { readTensors } from "../../../lib/formats/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

type Part = string | Buffer;

/** Texts stand for their bytes: opcodes are the letters that Python's pickletools gives them. */
const all = (...parts: readonly Part[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));

function whole(size: 1 | 2 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, size);
}

const text = (value: string) => all("X", whole(4, value.length), value);
const tuple = (...items: readonly Part[]) => all("(", ...items, "t");
const global = (module: string, name: string) => `c${module}\n${name}\n`;
/** BININT1 */
const count = (value: number) => all("K", whole(1, value));
const storage = (key: string, length: Part = count(2)) =>
  all(tuple(text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), length), "Q");
const rebuild = (...args: readonly Part[]) => all(global("torch._utils", "_rebuild_tensor_v2"), tuple(...args), "R");
const vector = (key: string, length: Part = count(2)) =>
  rebuild(storage(key, length), count(0), tuple(count(2)), tuple(count(1)), "\x89", "N");
const dictionary = (...items: readonly Part[]) => all("\x80\x02}(", ...items, "u.");

interface Entry {
  readonly name: string;
  readonly content: Buffer;
}

/** A zip archive of files as they are. @param options.long sizes and places in 64 bits, as those of more than 4 GB are written. */
function zipOf(entries: readonly Entry[], { long = false } = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let place = 0;
  for (const { name, content } of entries) {
    const size = whole(4, content.length);
    const own = all(name, content);
    // Before the sizes: versions, flags, method, time and checksum, which nobody reads.
    files.push(all("PK\x03\x04", Buffer.alloc(14), size, size, whole(2, name.length), whole(2, 0), own));
    const field = all(whole(8, content.length), whole(8, content.length), whole(8, place));
    // A field that is not known stands before the one of 64 bits.
    const extra = long ? all(whole(2, 0x5a5a), whole(2, 3), "any", whole(2, 1), whole(2, 24), field) : all();
    const told = long ? [whole(4, 0xffff_ffff), whole(4, 0xffff_ffff)] : [size, size];
    const lengths = [whole(2, name.length), whole(2, extra.length), whole(2, 0)];
    const header = whole(4, long ? 0xffff_ffff : place);
    directory.push(all("PK\x01\x02", Buffer.alloc(16), ...told, ...lengths, Buffer.alloc(8), header, name, extra));
    place += 30 + own.length;
  }
  const listed = Buffer.concat(directory);
  const end = [whole(2, entries.length), whole(2, entries.length), whole(4, listed.length), whole(4, place)];
  return all(...files, listed, "PK\x05\x06", Buffer.alloc(4), ...end, whole(2, 0));
}

const floats = (...values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer);

async function saved(content: Buffer): Promise<string> {
  const file = join(await temporaryFolder(), "weights.pt");
  await writeFile(file, content);
  return file;
}

const archive = (pickle: Buffer, ...more: readonly Entry[]): Entry[] => [
  { name: "a/data.pkl", content: pickle },
  { name: "a/data/0", content: floats(1.5, -2) },
  { name: "a/data/1", content: floats(3, 4) },
  ...more,
];

async function tensorsOf(content: Buffer): Promise<Record<string, number[]>> {
  const tensors = await readTensors(await saved(content));
  return Object.fromEntries(tensors.map(({ name, values }) => [name, Array.from(values as Float32Array)]));
}

describe("plain data of a pickle is passed over or read, however it is written:", () => {
  const named = (name: Part) => dictionary(name, vector("0"));
  test.each<[string, Part, string]>([
    ["a text of 8 bytes' length", all("\x8d", whole(8, 1), "w"), "w"],
    ["a text of Python 2", all("U", whole(1, 1), "w"), "w"],
    ["a long text of Python 2", all("T", whole(4, 1), "w"), "w"],
    ["a number of any length", all("\x8b", whole(4, 3), "\x01\x02\x03"), String(0x030201)],
    ["a number below 0", all("\x8a", whole(1, 2), "\xfe\xff"), "-2"],
    ["a number of no bytes", all("\x8a", whole(1, 0)), "0"],
  ])("%s as a key", async (_, key, name) => {
    expect(await tensorsOf(zipOf(archive(named(key))))).toEqual({ [name]: [1.5, -2] });
  });

  test.each<[string, Part]>([
    ["bytes of 4 bytes' length", all("B", whole(4, 2), "ab")],
    ["bytes of 8 bytes' length", all("\x8e", whole(8, 2), "ab")],
    ["an array of bytes", all("\x96", whole(8, 2), "ab")],
    ["a list that is thrown away", all("N(K\x01K\x02", "1")],
    ["a value over another that is thrown away", "NK\x010"],
    ["a value that is kept under a large number", all("Nr", whole(4, 70_000), "0j", whole(4, 70_000))],
    ["a dictionary of pairs", all("(", text("a"), count(1), "d")],
    ["a number too long for any double", all("\x8a", whole(1, 9), "\xff".repeat(8), "\x00")],
  ])("%s as a value", async (_, value) => {
    const pickle = dictionary(text("other"), value, text("w"), vector("0"));
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ w: [1.5, -2] });
  });

  test("a value that is there twice", async () => {
    const pickle = all("\x80\x02}", text("w"), "(", vector("0"), "2ls.");
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ "w.0": [1.5, -2], "w.1": [1.5, -2] });
  });

  test("an ordered dictionary that is made of pairs, what is no pair left out", async () => {
    const pairs = all("(", tuple(text("w"), vector("1")), tuple(text("alone")), count(5), "l");
    const pickle = all("\x80\x02", global("collections", "OrderedDict"), tuple(pairs), "R.");
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ w: [3, 4] });
    const empty = all(global("collections", "OrderedDict"), tuple(count(5)), "R");
    expect(await tensorsOf(zipOf(archive(dictionary(text("none"), empty, text("w"), vector("1")))))).toEqual({
      w: [3, 4],
    });
  });

  test("a parameter that is rebuilt with its attributes, and what is rebuilt of no function", async () => {
    const rebuilt = (make: Part, args: Part) =>
      all(
        global("torch._tensor", "_rebuild_from_type_v2"),
        tuple(make, global("torch.nn.parameter", "Parameter"), args, "}"),
        "R",
      );
    const args = tuple(storage("1"), count(0), tuple(count(2)), tuple(count(1)), "\x89", "N");
    const pickle = dictionary(
      ...[text("w"), rebuilt(global("torch._utils", "_rebuild_tensor_v2"), args)],
      ...[text("type"), rebuilt(global("torch", "Tensor"), args)],
      ...[text("number"), rebuilt(global("torch._utils", "_rebuild_tensor_v2"), count(1))],
      ...[text("size"), all(global("torch", "Size"), ")R")],
      ...[text("parameter"), all(global("torch._utils", "_rebuild_parameter"), ")R")],
      ...[text("state"), all(global("torch._utils", "_rebuild_parameter_with_state"), ")R")],
    );
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ w: [3, 4] });
  });
});

describe("damaged pickles are refused:", () => {
  const endless = all("\x80\x02", "]q\x00h\x00a", ".");
  test.each<[string, Buffer, string]>([
    ["a class that a number names", all("\x80\x04K\x01K\x02\x93."), "it names a class by no text"],
    ["a value that is added to nothing", all("\x80\x02Na."), "its pickle takes more from its stack than there is"],
    ["a key alone", dictionary(text("w")), "a dictionary of its pickle has a key without a value"],
    ["a copy of nothing", all("\x80\x022."), "its pickle takes more from its stack than there is"],
    ["a number of many bytes", all("\x80\x02\x8b", whole(4, 257), "."), "a whole number of its pickle has 257 bytes"],
    ["a list in itself", endless, "holds dictionaries without an end"],
    [
      "two tensors of one name",
      dictionary(text("a"), all("}(", text("b"), vector("0"), "u"), text("a.b"), vector("1")),
      'holds two tensors of the name "a.b"',
    ],
    [
      "a storage of two lengths",
      dictionary(text("a"), vector("0"), text("b"), vector("0", count(1))),
      "it describes the storage 0 in two ways",
    ],
    [
      "a tensor without memory",
      dictionary(text("a"), rebuild("N", count(0), tuple(count(2)), tuple(count(1)))),
      "a tensor has no storage",
    ],
    [
      "a tensor that begins before its memory",
      dictionary(text("a"), rebuild(storage("0"), "J\xff\xff\xff\xff", tuple(count(2)), tuple(count(1)))),
      "a tensor begins nowhere in its storage",
    ],
    [
      "a shape that is a number",
      dictionary(text("a"), rebuild(storage("0"), count(0), count(2), tuple(count(1)))),
      "the shape of a tensor is none",
    ],
    [
      "more strides than axes",
      dictionary(text("a"), rebuild(storage("0"), count(0), tuple(count(2)), tuple(count(1), count(1)))),
      "the shape of a tensor is none",
    ],
  ])("%s", async (_, pickle, message) => {
    const reading = tensorsOf(zipOf(archive(pickle)));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(FileError);
  });

  test("views of one storage that are many times as large as the file", async () => {
    const copies = Array.from({ length: 600 }, (_, i) => all("U", whole(1, 3), String(i + 100), "h\x01"));
    const large = rebuild(
      storage("0", all("M", whole(2, 1000))),
      count(0),
      tuple(all("M", whole(2, 1000))),
      tuple(count(1)),
    );
    const pickle = all("\x80\x02}(", text("0"), large, "q\x01", ...copies, "u.");
    const entries = [
      { name: "a/data.pkl", content: pickle },
      { name: "a/data/0", content: Buffer.alloc(4000) },
    ];
    const content = zipOf(entries);
    await expect(readTensors(await saved(content))).rejects.toThrow(
      `its tensors have ${601 * 4000} bytes, and it has ${content.length}`,
    );
  });
});

describe("archives", () => {
  const pickle = dictionary(text("w"), vector("1"));

  test("with sizes and places of 64 bits are read as others", async () => {
    expect(await tensorsOf(zipOf(archive(pickle), { long: true }))).toEqual({ w: [3, 4] });
  });

  test("with one name twice are refused", async () => {
    const twice = zipOf(archive(pickle, { name: "a/data/1", content: floats(5, 6) }));
    await expect(tensorsOf(twice)).rejects.toThrow('its directory has "a/data/1" twice');
  });

  test("whose pickle is larger than any are refused before it is read", async () => {
    const content = zipOf([{ name: "data.pkl", content: pickle }]);
    const size = 100_000_001;
    const file = join(await temporaryFolder(), "weights.pt");
    const begin = 30 + "data.pkl".length;
    const directory = content.subarray(begin + pickle.length);
    for (const place of [20, 24]) directory.writeUInt32LE(size, place);
    directory.writeUInt32LE(begin + size, directory.length - 6);
    const handle = await open(file, "w");
    await handle.write(content.subarray(0, begin + pickle.length), 0, begin + pickle.length, 0);
    await handle.write(directory, 0, directory.length, begin + size);
    await handle.close();
    await expect(readTensors(file)).rejects.toThrow(`its data.pkl has ${size} bytes`);
  });
});

describe("files from before PyTorch 1.6", () => {
  const magic = all("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  const keys = (...own: readonly Part[]) => all("\x80\x02](", ...own, "e.");
  const stored = (...values: readonly number[]) => all(whole(8, values.length), floats(...values));
  const fileOf = ({
    version = 1001,
    little = "\x88",
    pickle = dictionary(text("w"), vector("0")),
    listed = keys(text("0")),
  }) =>
    all(
      magic,
      "\x80\x02M",
      whole(2, version),
      ".",
      dictionary(text("little_endian"), little),
      pickle,
      listed,
      stored(1.5, -2),
    );

  test("are read", async () => {
    expect(await tensorsOf(fileOf({}))).toEqual({ w: [1.5, -2] });
  });

  test("from computers with the highest byte first are read as they were", async () => {
    const content = fileOf({ little: "\x89" });
    content.subarray(content.length - 8).swap32();
    expect(await tensorsOf(content)).toEqual({ w: [1.5, -2] });
  });

  test.each([
    ["of another version", { version: 1002 }, "is of a version of PyTorch that is not known"],
    ["with a storage that nobody has", { listed: keys(text("7")) }, "it lists a storage that no tensor has"],
    ["with a storage whose name is a number", { listed: keys(count(0)) }, "it lists a storage that no tensor has"],
    ["whose storages are a number", { listed: all("\x80\x02K\x01.") }, "it has no list of its storages"],
    ["without a storage", { listed: keys() }, "there is no storage 0 in it"],
  ])("%s are refused", async (_, parts, message) => {
    await expect(tensorsOf(fileOf(parts))).rejects.toThrow(message);
  });
});
