import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
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
/** Two numbers of 16 bits in a memory of bytes. */
const untyped = (bytes: Part) =>
  all(
    global("torch._utils", "_rebuild_tensor_v3"),
    tuple(
      all(tuple(text("storage"), global("torch", "UntypedStorage"), text("0"), text("cpu"), bytes), "Q"),
      ...[count(0), tuple(count(2)), tuple(count(1)), "\x89", "N", global("torch", "uint16"), "N"],
    ),
    "R",
  );
const dictionary = (...items: readonly Part[]) => all("\x80\x02}(", ...items, "u.");

interface Entry {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * A zip archive of files as they are. @param options.long sizes and places in 64 bits, as those of more than 4 GB are written.
 * @param options.remark stands after each entry of the directory, and after each name before the content.
 */
function zipOf(entries: readonly Entry[], { long = false, remark = "" } = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let place = 0;
  for (const { name, content } of entries) {
    const size = whole(4, content.length);
    const own = all(name, remark, content);
    // Before the sizes: versions, flags, method, time and checksum, which nobody reads.
    files.push(all("PK\x03\x04", Buffer.alloc(14), size, size, whole(2, name.length), whole(2, remark.length), own));
    const field = all(whole(8, content.length), whole(8, content.length), whole(8, place));
    // A field that is not known stands before the one of 64 bits.
    const extra = long ? all(whole(2, 0x5a5a), whole(2, 3), "any", whole(2, 1), whole(2, 24), field) : all();
    const told = long ? [whole(4, 0xffff_ffff), whole(4, 0xffff_ffff)] : [size, size];
    const lengths = [whole(2, name.length), whole(2, extra.length), whole(2, remark.length)];
    const header = whole(4, long ? 0xffff_ffff : place);
    const entry = all(
      "PK\x01\x02",
      Buffer.alloc(16),
      ...told,
      ...lengths,
      Buffer.alloc(8),
      header,
      name,
      extra,
      remark,
    );
    directory.push(entry);
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
    ["the longest number", all("\x8b", whole(4, 256), "\x01".repeat(256))],
    ["a number too long for any double", all("\x8a", whole(1, 9), "\xff".repeat(8), "\x00")],
  ])("%s as a value", async (_, value) => {
    const pickle = dictionary(text("other"), value, text("w"), vector("0"));
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ w: [1.5, -2] });
  });

  test("what has neither a text nor a number for its key is left out", async () => {
    const pickle = dictionary(...["N", vector("0")], ...[tuple(count(1)), vector("0")], ...[count(7), vector("1")]);
    expect(await tensorsOf(zipOf(archive(pickle)))).toEqual({ 7: [3, 4] });
  });

  test("dictionaries are read 32 deep, and refused below", async () => {
    const nested = (depth: number) => {
      let inner: Buffer = vector("0");
      for (let i = 0; i < depth; i++) inner = all("}", text("a"), inner, "s");
      return all("\x80\x05", inner, ".");
    };
    expect(await tensorsOf(zipOf(archive(nested(32))))).toEqual({ [Array(32).fill("a").join(".")]: [1.5, -2] });
    await expect(tensorsOf(zipOf(archive(nested(33))))).rejects.toThrow("holds dictionaries without an end");
  });

  test("a tensor has 64 axes at most, and one without elements begins anywhere", async () => {
    const axes = (number: number, ...own: readonly Part[]) =>
      rebuild(
        storage("0"),
        count(0),
        tuple(...own, ...Array(number).fill(count(1))),
        tuple(...Array(number + 1).fill(count(1))),
      );
    expect(await tensorsOf(zipOf(archive(dictionary(text("w"), axes(63, count(2))))))).toEqual({ w: [1.5, -2] });
    await expect(tensorsOf(zipOf(archive(dictionary(text("w"), axes(64, count(2))))))).rejects.toThrow(
      "the shape of a tensor is none",
    );
    const none = rebuild(storage("7", count(0)), count(9), tuple(count(0)), tuple(count(1)));
    expect(await tensorsOf(zipOf(archive(dictionary(text("w"), none))))).toEqual({ w: [] });
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
  test.each<[string, Part, string]>([
    ["a class that a number names", all("\x80\x04K\x01K\x02\x93."), "it names a class by no text"],
    ["a value that is added to nothing", all("\x80\x02Na."), "its pickle takes more from its stack than there is"],
    ["a protocol to come", all("\x80\x06}."), "its pickle is of protocol 6"],
    [
      "an opcode of other data",
      all("\x80\x02i."),
      "byte 2 of its pickle is the opcode 0x69, which plain data does not have",
    ],
    ["an opcode of one digit", all("\x80\x02\x01."), "byte 2 of its pickle is the opcode 0x01, which"],
    [
      "a class whose module alone is a text",
      all("\x80\x04", text("torch"), "K\x02\x93."),
      "it names a class by no text",
    ],
    ["no end", all("\x80\x02}"), "its pickle is cut off"],
    ["a class without a name", "\x80\x02ctorch\nSize", "its pickle is cut off"],
    ["a list that never began", all("\x80\x02t."), "its pickle ends a list that it never began"],
    ["a value that was not kept", all("\x80\x02h\x07."), "its pickle asks for value 7, which it has not kept"],
    ["a call of a text", all("\x80\x02", text("x"), ")R."), "it calls what is no function"],
    ["a call of a type", all("\x80\x02", global("torch", "FloatStorage"), ")R."), "it calls what is no function"],
    ["a call with a list", all("\x80\x02", global("torch", "Size"), "]R."), "it calls what is no function"],
    ["an entry of a list", all("\x80\x02]", text("w"), "Ns."), "its pickle adds to what is no dictionary"],
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
    [
      "a tensor that ends after its memory",
      dictionary(text("a"), rebuild(storage("0"), count(1), tuple(count(2)), tuple(count(1)))),
      "a tensor of shape [2] with strides [1] from element 1 on does not lie in its storage of 2 elements",
    ],
    [
      "a tensor with more bytes than its memory",
      dictionary(text("a"), untyped(count(3))),
      "a tensor of shape [2] with strides [1] from element 0 on does not lie in its storage of 1 elements",
    ],
  ])("%s", async (_, pickle, message) => {
    const reading = tensorsOf(zipOf(archive(all(pickle))));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(FileError);
  });

  const floats32 = global("torch", "FloatStorage");
  test.each<[string, readonly Part[]]>([
    ["of another kind", [text("other"), floats32, text("0"), text("cpu"), count(2)]],
    ["of a type that is a text", [text("storage"), text("FloatStorage"), text("0"), text("cpu"), count(2)]],
    ["of a type that is none", [text("storage"), global("torch", "Size"), text("0"), text("cpu"), count(2)]],
    ["with a number for its name", [text("storage"), floats32, count(0), text("cpu"), count(2)]],
    ["of less than no elements", [text("storage"), floats32, text("0"), text("cpu"), "J\xff\xff\xff\xff"]],
    ["of a text of elements", [text("storage"), floats32, text("0"), text("cpu"), text("2")]],
    ["that is a view of another", [text("storage"), floats32, text("0"), text("cpu"), count(2), tuple(count(0))]],
    ["that says nothing", []],
  ])("a storage %s", async (_, id) => {
    const tensor = rebuild(all(tuple(...id), "Q"), count(0), tuple(count(2)), tuple(count(1)));
    await expect(tensorsOf(zipOf(archive(dictionary(text("w"), tensor))))).rejects.toThrow(
      "it speaks of a storage that is none",
    );
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

  test("with remarks between and after their entries, and after their end, are read as others", async () => {
    expect(await tensorsOf(zipOf(archive(pickle), { remark: "any" }))).toEqual({ w: [3, 4] });
    expect(await tensorsOf(zipOf(archive(pickle, { name: "", content: all() })))).toEqual({ w: [3, 4] });
    // The first remark looks like an end, and the other is the longest.
    for (const remark of [all("PK\x05\x06", Buffer.alloc(19)), Buffer.alloc(0xffff)]) {
      const content = zipOf(archive(pickle));
      content.writeUInt16LE(remark.length, content.length - 2);
      expect(await tensorsOf(all(content, remark))).toEqual({ w: [3, 4] });
    }
  });

  /** The places of a signature. */
  const places = (content: Buffer, signature: string) =>
    [...content.toString("latin1").matchAll(new RegExp(signature, "g"))].map(({ index }) => index);
  type Damage = (content: Buffer, at: { entry: number; end: number }) => unknown;
  test.each<[string, Damage, string]>([
    ["an entry without its signature", (zip, { entry }) => zip.write("xx", entry), "entry 3 of its directory is none"],
    [
      "a name that is too long",
      (zip, { entry }) => zip.writeUInt16LE(9, entry + 28),
      "entry 3 of its directory is cut",
    ],
    ["a remark that is not there", (zip, { entry }) => zip.writeUInt16LE(1, entry + 32), "entry 3 of its directory is"],
    ["a compressed entry", (zip, { entry }) => zip.writeUInt16LE(8, entry + 10), '"a/data/1" is compressed or encry'],
    ["an encrypted entry", (zip, { entry }) => zip.writeUInt16LE(1, entry + 8), '"a/data/1" is compressed or encry'],
    ["an entry of two sizes", (zip, { entry }) => zip.writeUInt32LE(7, entry + 20), '"a/data/1" is compressed or'],
    [
      "an entry in place of another",
      (zip, { entry }) => zip.writeUInt32LE(1, entry + 42),
      'is no "a/data/1" at byte 1',
    ],
    [
      "an entry at its end",
      (zip, { entry }) => zip.writeUInt32LE(zip.length - 29, entry + 42),
      '"a/data/1" begins at byte',
    ],
    [
      "an entry that is larger",
      (zip, { entry }) => [20, 24].map((offset) => zip.writeUInt32LE(zip.length, entry + offset)),
      '"a/data/1" has',
    ],
    ["too many entries", (zip, { end }) => zip.writeUInt16LE(4, end + 10), "of 164 bytes promises 4 entries"],
    [
      "a directory elsewhere",
      (zip, { end }) => zip.writeUInt32LE(zip.length, end + 16),
      "its directory has 164 bytes from",
    ],
    ["no end", (zip, { end }) => zip.write("xx", end), "it is cut off: it has no directory at its end"],
  ])("with %s are refused", async (_, damage, message) => {
    const content = zipOf(archive(pickle));
    damage(content, { entry: places(content, "PK\x01\x02")[2] as number, end: content.length - 22 });
    await expect(tensorsOf(content)).rejects.toThrow(message);
  });

  test("with less memory than a tensor has are refused", async () => {
    const content = zipOf([...archive(pickle).slice(0, 2), { name: "a/data/1", content: floats(3) }]);
    await expect(tensorsOf(content)).rejects.toThrow("the storage 1 has 4 bytes instead of 8");
  });

  test("need twice the memory of a tensor, and of 16-bit floats four bytes more for each", async () => {
    const limit = vi.spyOn(process, "constrainedMemory");
    onTestFinished(() => limit.mockRestore());
    const halves = all(tuple(text("storage"), global("torch", "HalfStorage"), text("1"), text("cpu"), count(4)), "Q");
    const half = rebuild(halves, count(1), tuple(count(3)), tuple(count(1)));
    for (const [tensor, bytes, values] of [
      [vector("1"), 16, [3, 4]],
      // The upper half of 3 is 2.125 in 16 bits: bits 0x4040, of 4 are 0x4080; between them lie zeros.
      [half, 36, [2.125, 0, 2.25]],
    ] as const) {
      const file = await saved(zipOf(archive(dictionary(text("w"), tensor))));
      limit.mockReturnValue(bytes - 1);
      await expect(readTensors(file)).rejects.toThrow(`the values of "w" need ${bytes} bytes of memory`);
      limit.mockReturnValue(bytes);
      expect((await readTensors(file)).map((one) => [...(one.values as Float32Array)])).toEqual([values]);
    }
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
    memory = stored(1.5, -2),
  }) =>
    all(magic, "\x80\x02M", whole(2, version), ".", dictionary(text("little_endian"), little), pickle, listed, memory);

  test("are read", async () => {
    expect(await tensorsOf(fileOf({}))).toEqual({ w: [1.5, -2] });
  });

  test("have their storages in the order of their list", async () => {
    const part = rebuild(storage("1", count(3)), count(1), tuple(count(2)), tuple(count(1)), "\x89", "N");
    const content = fileOf({
      pickle: dictionary(text("w"), vector("0"), text("v"), part),
      listed: keys(text("1"), text("0")),
      memory: all(stored(7, 8, 9), stored(1.5, -2)),
    });
    expect(await tensorsOf(content)).toEqual({ w: [1.5, -2], v: [8, 9] });
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
    [
      "with a storage of another length",
      { memory: stored(1, 2, 3) },
      /expected 2 elements of the storage 0 .*, got 3 in/,
    ],
    [
      "with a storage that is cut off",
      { memory: stored(1, 2).subarray(0, -1) },
      /2 elements of the storage 0 .*, got 2 in/,
    ],
    ["without a storage", { listed: keys() }, "there is no storage 0 in it"],
  ])("%s are refused", async (_, parts, message) => {
    await expect(tensorsOf(fileOf(parts))).rejects.toThrow(message);
  });
});
