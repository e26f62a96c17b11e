import { expect, test } from "vitest";
import { WordVectors } from "../../lib/data/wordVectors.js";
import { encodeNpyHeader, parseNpyHeader, prefixOf } from "../../lib/formats/npyHeader.js";
import { wordVectorPieces } from "../../lib/formats/wordVectorFile.js";

const vectors = new WordVectors(["New York", "sea"], Float32Array.of(0.1, -2, 1e-10, 1 / 3, 16777216, 0), 3);
const written = (options = {}, own = vectors) => Buffer.concat([...wordVectorPieces(own, options)]);

test("a text of word vectors has its sizes, then each word with as few digits as give back its floats", () => {
  const rows = "New York 0.1 -2 1e-10\nsea 0.33333334 16777216 0\n";
  expect(written().toString()).toBe(`2 3\n${rows}`);
  expect(written({ headless: true }).toString()).toBe(rows);
});

test("the binary form has a float of four bytes for each number", () => {
  const one = new WordVectors(["a"], Float32Array.of(1, -0.5), 2);
  expect(written({ format: "binary" }, one)).toEqual(
    Buffer.concat([Buffer.from("1 2\na "), Buffer.from(Float32Array.of(1, -0.5).buffer), Buffer.from("\n")]),
  );
});

test("many rows are the same in several pieces as in one", () => {
  const count = 2 ** 15 + 3;
  const many = new WordVectors(
    Array.from({ length: count }, (_, i) => `w${i}`),
    Float32Array.from({ length: count }, (_, i) => i),
    1,
  );
  const pieces = [...wordVectorPieces(many)];
  expect(pieces.map((piece) => piece.toString().split("\n").length - 1)).toEqual([1, 2 ** 15, 3]);
  const lines = Buffer.concat(pieces).toString().split("\n");
  expect([lines[0], lines[1], lines[count], lines.length]).toEqual([
    `${count} 1`,
    "w0 0",
    `w${count - 1} ${count - 1}`,
    count + 2,
  ]);
});

test("words and numbers that a form cannot hold are refused", () => {
  const of = (word: string, ...values: number[]) => new WordVectors([word], Float32Array.from(values), values.length);
  for (const word of ["", "a\tb", "a\nb"])
    expect(() => written({}, of(word, 1))).toThrow("does not fit into a text file of word vectors");
  expect(() => written({ format: "binary" }, of("a b", 1))).toThrow(
    'the word "a b" does not fit into a binary file of word vectors.',
  );
  expect(() => written({}, new WordVectors(["a", "b"], Float32Array.of(1, 2, 3, Number.NaN), 2))).toThrow(
    'writeWordVectors: number 2 of "b" is NaN.',
  );
  expect(() => written({ format: "binary", headless: true })).toThrow("headless needs format text");
});

test("an array's header is read with quotes of either kind, in any order, with axes of any number", () => {
  const parsed = (text: string) => parseNpyHeader(text, "a.npy");
  const f4 = { kind: "f4", bytes: 4, bigEndian: false };
  expect(parsed("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n")).toEqual({
    type: f4,
    fortran: false,
    shape: [2, 3],
    elements: 6,
  });
  expect(parsed(`{"shape": (5,), "fortran_order": True, "descr": ">i8"}`)).toEqual({
    type: { kind: "i8", bytes: 8, bigEndian: true },
    fortran: true,
    shape: [5],
    elements: 5,
  });
  expect(parsed("{'descr': '|b1', 'fortran_order': False, 'shape': (), }")).toMatchObject({
    type: { kind: "b1", bytes: 1 },
    shape: [],
    elements: 1,
  });
  expect(parsed("{'descr': '?', 'fortran_order': False, 'shape': (2L, 0), }")).toMatchObject({
    type: { kind: "b1", bytes: 1 },
    shape: [2, 0],
    elements: 0,
  });
  expect(parsed(`{'descr': '<f4', 'fortran_order': False, 'shape': (${Array(64).fill(1)}), }`).shape).toHaveLength(64);
  for (const shape of [Array(65).fill(1).join(), "2,,3", "-1", "1.5"]) {
    expect(() => parsed(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`)).toThrow(
      `its header has the shape (${shape})`,
    );
  }
  for (const text of [
    "[]",
    "{'descr': '<f4'} x",
    "{'descr': '<f4', 'fortran_order': False, }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': True, }",
  ]) {
    expect(() => parsed(text)).toThrow("a.npy is damaged or not a .npy file: its header");
  }
});

test("a header that is written is read as it was meant, and data after it is aligned", () => {
  for (const [kind, shape] of [
    ["f4", [2, 3]],
    ["u1", [7]],
    ["b1", []],
    ["i8", Array(30).fill(1)],
  ] as [string, number[]][]) {
    const bytes = encodeNpyHeader(kind, shape);
    const prefix = prefixOf(bytes, "a.npy");
    expect(prefix).toEqual({ start: 10, length: bytes.length - 10, encoding: "latin1" });
    expect([bytes.length % 64, bytes.at(-1)]).toEqual([0, 10]);
    const text = bytes.toString("latin1", prefix.start);
    expect(parseNpyHeader(text, "a.npy")).toMatchObject({ type: { kind }, fortran: false, shape });
    expect(text).toMatch(kind.endsWith("1") ? /'\|[ub]1'/ : /'<[fi]\d'/);
  }
});
