import { expect, test } from "vitest";
import * as rules from "../lib/options/ownRules.js";
import type { OptionsOf, Rule } from "../lib/options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  double,
  either,
  flag,
  largestInt32,
  list,
  misfitOf,
  nearestName,
  nullable,
  numberOf,
  object,
  option,
  optional,
  real,
  record,
  seed,
  text,
  tuple,
  value,
  variants,
  whole,
  without,
  word,
} from "../lib/options.js";

const table = {
  epochs: whole({ minimum: 1, initial: 10 }),
  dropout: real({ minimum: 0, below: 1, initial: 0 }),
  temperature: real({ above: 0, initial: 1 }),
  tied: flag(),
  cell: word(["lstm", "gru"], "lstm"),
  folder: optional(text()),
  stop: list(text(), []),
  end: nullable(whole({ initial: 0 })),
  seed: seed(),
};
const complete = (options: unknown) => completeOptions("Thing", options as object, table);

test("options left out take their defaults, and undefined is left out", () => {
  expect(complete({ epochs: undefined })).toEqual({
    epochs: 10,
    dropout: 0,
    temperature: 1,
    tied: false,
    cell: "lstm",
    folder: undefined,
    stop: [],
    end: 0,
    seed: 1,
  });
  expect(complete({ end: null, folder: "x", stop: ["a"] })).toMatchObject({ end: null, folder: "x", stop: ["a"] });
});

test("no options at all are options left out", () => {
  expect(complete(undefined)).toEqual(complete({}));
});

test("the rules for options of one's own complete and refuse as the library's do", () => {
  const own = {
    names: rules.list(rules.text(), ["a"]),
    sizes: rules.list(rules.whole({ minimum: 1 })),
    note: rules.optional(rules.text()),
  };
  expect(completeOptions("Own", { sizes: [2] }, own)).toEqual({ names: ["a"], sizes: [2], note: undefined });
  expect(() => completeOptions("Own", { sizes: [0] }, own)).toThrow(
    /expected sizes\[0\] to be a whole number at least 1/,
  );
  expect(() => completeOptions("Own", { sizes: [1], names: [""] }, own)).toThrow(
    "expected names[0] to be a text that is not empty",
  );
  expect(rules.whole({ maximum: 3 }).expected).toBe("a whole number at least 0 and at most 3");
  expect(() => rules.list(rules.whole(), ["a"] as never)).toThrow(
    /rules\.list: expected initial\[0\] to be a whole number/,
  );
  expect(() => rules.optional(5 as never)).toThrow(
    "rules.optional: expected rule to be a rule, such as rules.whole(), got 5.",
  );
});

test.each([
  [5, "Thing: expected an object of options, got 5."],
  [null, "Thing: expected an object of options, got null."],
  [["a"], "Thing: expected an object of options, got an array of 1."],
  [{ epochs: 0 }, `Thing: expected epochs to be a whole number at least 1 and at most ${largestInt32}, got 0.`],
  [{ epochs: 2 ** 32 + 1 }, `at most ${largestInt32}, got 4294967297.`],
  [{ epochs: "3" }, 'got "3".'],
  [{ dropout: 1 }, "Thing: expected dropout to be a number at least 0 and below 1 (as float32), got 1."],
  [{ temperature: 1e39 }, "got 1e+39."],
  [{ temperature: 1e-46 }, "got 1e-46."],
  [{ temperature: Number.NaN }, "got NaN."],
  [{ tied: "false" }, 'Thing: expected tied to be true or false, got "false".'],
  [{ tied: 0 }, "got 0."],
  [{ cell: "lsmt" }, 'Thing: expected cell to be one of lstm, gru, got "lsmt"; did you mean lstm?'],
  [{ folder: "" }, 'Thing: expected folder to be a text that is not empty, got "".'],
  [{ stop: ["a", 5] }, "Thing: expected stop[1] to be a text that is not empty, got 5."],
  [{ stop: "a" }, 'Thing: expected stop to be an array, each element a text that is not empty, got "a".'],
  [{ seed: 2 ** 32 }, "got 4294967296."],
  [{ seed: -1 }, "got -1."],
  [{ epoch: 3 }, 'Thing: unknown option "epoch"; did you mean epochs?'],
  [{ temprature: 3 }, "did you mean temperature?"],
  [{ xyz: 3 }, "Known options: epochs, dropout,"],
])("options that do not fit are refused by name: %j", (options, message) => {
  expect(() => complete(options)).toThrow(message);
});

const searching = {
  beams: option(whole({ minimum: 1, initial: 5 }), { aka: ["num_beams", "beam_width"] }),
  groups: whole({ minimum: 1, initial: 1 }),
  diversity: option(optional(real({ minimum: 0 })), { needs: { groups: true } }),
  reset: option(word(["after", "before"], "after"), { needs: { cell: ["gru", "minGru"] } }),
  cell: word(["lstm", "gru"], "lstm"),
  sampling: option(flag(), { excludes: ["groups"] }),
};

test.each([
  [{ num_beams: 3 }, 'Search: unknown option "num_beams"; here it is called beams.', ["beams"]],
  [{ numBeams: 3 }, "here it is called beams.", ["beams"]],
  [{ diversity: 1 }, "Search: diversity needs groups.", ["diversity", "groups"]],
  [{ diversity: 1, groups: 1 }, "Search: diversity needs groups.", ["diversity", "groups"]],
  [{ reset: "before" }, "Search: reset needs cell gru or minGru, got lstm.", ["reset", "cell"]],
  [{ sampling: true, groups: 5 }, "Search: sampling and groups exclude each other", ["sampling", "groups"]],
  [{ beams: 0 }, "Search: expected beams to be", ["beams"]],
])("%j is refused, and the error names the options that it is about", (options, message, names) => {
  const act = () => completeOptions("Search", options, searching);
  expect(act).toThrow(message);
  expect(act).toThrow(expect.objectContaining({ options: names }));
});

test("options that need or exclude others are taken with them, at their defaults, and when they are off", () => {
  const fine = [{ diversity: 1, groups: 5 }, { diversity: 0 }, { reset: "before", cell: "gru" }, { reset: "after" }];
  for (const options of [...fine, { sampling: false, groups: 5 }, { sampling: true, groups: 1 }]) {
    expect(completeOptions("Search", options, searching)).toMatchObject(options);
  }
});

test("a table without some options lacks them alone", () => {
  expect(Object.keys(without(searching, "cell", "groups"))).toEqual(["beams", "diversity", "reset", "sampling"]);
});

test("letters the wrong way round are one mistake, two wrong letters are two", () => {
  expect(nearestName("moed", ["mode"])).toBe("mode");
  expect(nearestName("mode", ["mabe"])).toBeUndefined();
  expect(nearestName("edmo", ["mode"])).toBeUndefined();
  expect(nearestName("omed", ["mode"])).toBeUndefined();
});

test("a third of the letters may be wrong, missing or too many", () => {
  const mode = (name: string) => nearestName(name, ["mode"]);
  expect(["mose", "mde", "moode", "moden"].map(mode)).toEqual(["mode", "mode", "mode", "mode"]);
  expect(["mos", "modxy", "mxxe"].map(mode)).toEqual([undefined, undefined, undefined]);
  expect(nearestName("mde", ["modest"])).toBeUndefined();
  expect([nearestName("epaxhs", ["epochs"]), nearestName("epaxhz", ["epochs"])]).toEqual(["epochs", undefined]);
  expect([nearestName("abcxyzgh", ["abcdefgh"]), nearestName("abcxyzghi", ["abcdefghi"])]).toEqual([
    undefined,
    "abcdefghi",
  ]);
});

test("of names as near as each other the one with the same first letter is meant, whatever its case", () => {
  expect([nearestName("cate", ["late", "Cane"]), nearestName("cate", ["Cane", "late"])]).toEqual(["Cane", "Cane"]);
  expect(nearestName("tpk", ["topK"])).toBe("topK");
});

test("vowels count for less where a name has three consonants, but not for nothing", () => {
  expect([nearestName("trn", ["train"]), nearestName("trn", ["terano"])]).toEqual(["train", undefined]);
  expect(nearestName("rota", ["rate"])).toBeUndefined();
});

test("a misspelt name finds the nearest one, a part of a name its whole, anything else nothing", () => {
  const known = ["hiddenSize", "embeddingSize", "windowLength", "role"];
  expect(nearestName("hidenSize", known)).toBe("hiddenSize");
  expect(nearestName("HIDDENSIZE", known)).toBe("hiddenSize");
  expect(nearestName("window", known)).toBe("windowLength");
  expect(nearestName("size", known)).toBe("hiddenSize");
  expect(nearestName("SIZE", known)).toBe("hiddenSize");
  expect(nearestName("le", known)).toBeUndefined();
  expect(nearestName("dow", known)).toBe("windowLength");
  expect(nearestName("rol", known)).toBe("role");
  expect(nearestName("q", known)).toBeUndefined();
  expect(nearestName("ml", ["lm", "chat"])).toBe("lm");
  expect(nearestName("trane", ["trace", "train", "translate"])).toBe("train");
  expect(nearestName("tracer", ["trace", "train", "translate"])).toBe("trace");
});

const shape = object({
  steps: list(object({ step: whole(), loss: nullable(double()) })),
  names: record(either(text(), flag())),
  range: optional(tuple(whole(), whole())),
  "a name": optional(text()),
});

test.each([
  [null, "", "an object", null],
  [[], "", "an object", []],
  [{ names: {} }, ".steps", "an array, each element an object", undefined],
  [{ steps: null, names: {} }, ".steps", "an array, each element an object", null],
  [{ steps: [{ step: 1, loss: 2 }, {}], names: {} }, ".steps[1].step", "a whole number at least 0", undefined],
  [{ steps: [{ step: 1, loss: "2" }], names: {} }, ".steps[0].loss", "a number", "2"],
  [{ steps: [], names: { b: true, c: [] } }, ".names.c", "a text that is not empty, or true or false", []],
  [{ steps: [], names: { "1<": 1 } }, '.names["1<"]', "a text that is not empty, or true or false", 1],
  [{ steps: [], names: {}, range: [1] }, ".range", "an array of 2", [1]],
  [{ steps: [], names: {}, range: [1, -2] }, ".range[1]", "a whole number at least 0", -2],
  [{ steps: [], names: {}, "a name": "" }, '["a name"]', "a text that is not empty", ""],
  [{ steps: [], names: {}, more: 5 }, ".more", "left out", 5],
  [JSON.parse('{ "steps": [], "names": {}, "__proto__": {} }'), ".__proto__", "left out", {}],
])("the part of an object that does not fit is named: %j", (value, path, expected, part) => {
  const misfit = misfitOf(value, shape);
  expect(misfit).toMatchObject({ path, value: part });
  expect(misfit?.expected).toContain(expected);
  expect(shape.fits(value)).toBe(false);
});

test("an object that fits has no misfit, with or without what may be missing", () => {
  const least = { steps: [{ step: 0, loss: null }], names: { a: "x", b: false } };
  for (const value of [least, { ...least, range: [0, 1], "a name": "y" }]) {
    expect(misfitOf(value, shape)).toBeNull();
    expect(shape.fits(value)).toBe(true);
  }
});

test("an option that stands in the value of another one is shown there", () => {
  const inner = { rate: option(double(), { aka: ["lr"] }), decay: double() };
  const table = {
    rule: option(text({ initial: "b" }), { holds: { a: { decay: double() }, b: inner } }),
    epochs: whole(),
  };
  const refused = (name: string) => () => completeOptions("Thing", { [name]: 1 }, table);
  expect(refused("lr")).toThrow('Thing: unknown option "lr"; it belongs to rule: b({ rate: ... }).');
  expect(refused("decay")).toThrow("it belongs to rule: b({ decay: ... }).");
  expect(refused("epoch")).toThrow("did you mean epochs?");
});

test("a text in place of options that may all be left out is an error of its type", () => {
  const lenient = { epochs: whole({ initial: 10 }) };
  // @ts-expect-error options are an object
  const options: OptionsOf<typeof lenient> = "10";
  expect(() => completeOptions("Thing", options, lenient)).toThrow('expected an object of options, got "10"');
});

test.each<[name: string, rule: Rule<number>, fit: unknown[], unfit: unknown[]]>([
  ["whole()", whole(), [0, 1, largestInt32], [-1, 0.5, largestInt32 + 1, "1", null, Number.NaN]],
  ["whole(1 to 3)", whole({ minimum: 1, maximum: 3 }), [1, 2, 3], [0, 4]],
  ["seed()", seed(), [0, 2 ** 32 - 1], [-1, 2 ** 32]],
  ["real()", real(), [-1, 0, 1e-38, 3.4e38], [1e-46, 3.5e38, Number.POSITIVE_INFINITY, "1"]],
  ["real(0 to 1)", real({ minimum: 0, maximum: 1 }), [0, 1], [-1e-9, 1.1]],
  ["real(above 0 and below 1)", real({ above: 0, below: 1 }), [1e-9, 0.999], [0, 1, 1 - 1e-9]],
  ["double()", double(), [-1e300, 0, 1e-300], [Number.POSITIVE_INFINITY, Number.NaN, "1", true]],
  ["double(above -1, at most 2)", double({ above: -1, maximum: 2 }), [-0.999, 2], [-1, 2.001]],
  ["double(at least -1, below 2)", double({ minimum: -1, below: 2 }), [-1, 1.999], [-1.001, 2]],
])("%s takes the numbers within its bounds", (_, rule, fit, unfit) => {
  expect(fit.filter((value) => !rule.fits(value))).toEqual([]);
  expect(unfit.filter((value) => rule.fits(value))).toEqual([]);
  expect(fit.map((value) => rule.written?.parse?.(String(value)))).toEqual(fit);
});

test("bounds are said in the order above, at least, below, at most", () => {
  expect(
    [double(), double({ minimum: 0 }), double({ above: 0, below: 9 }), whole()].map(({ expected }) => expected),
  ).toEqual([
    "a number",
    "a number at least 0",
    "a number above 0 and below 9",
    `a whole number at least 0 and at most ${largestInt32}`,
  ]);
  expect(real({ minimum: -1, maximum: 1 }).expected).toBe("a number at least -1 and at most 1 (as float32)");
});

test("a word on a command line that spells no number stays a word", () => {
  expect(["5", " 1e3 ", "-0.5", "0x10", "five", "", " ", "5 apples"].map(numberOf)).toEqual([
    ...[5, 1000, -0.5, 16, "five", "", " ", "5 apples"],
  ]);
});

test("rules say how they are written on a command line, and what they are without being given", () => {
  expect(
    [whole(), real(), flag(), flag(true), text(), text({ as: "file", initial: "x" })].map(({ written, initial }) => [
      written?.as,
      initial,
    ]),
  ).toEqual([
    ["n", undefined],
    ["x", undefined],
    [null, false],
    [null, true],
    ["text", undefined],
    ["file", "x"],
  ]);
  expect(word(["a", "b"], "b")).toMatchObject({
    expected: "one of a, b",
    initial: "b",
    written: { as: "name", words: ["a", "b"] },
  });
  expect(list(word(["a", "b"])).written).toEqual({ as: "name", words: ["a", "b"], several: true });
  expect(list(value("a thing", () => true)).written).toBeUndefined();
  expect(nullable(whole({ initial: 3 }))).toMatchObject({ initial: 3, written: { as: "n" } });
  expect(value("a thing", () => true, 3).initial).toBe(3);
  expect("initial" in value("a thing", () => true)).toBe(false);
  expect(optional(whole({ initial: 3 }))).toMatchObject({ mayBeMissing: true });
  expect("initial" in optional(whole({ initial: 3 }))).toBe(false);
  expect(
    [text(), text({ empty: true })].map((rule) => [rule.expected, rule.fits(""), rule.fits("a"), rule.fits(1)]),
  ).toEqual([
    ["a text that is not empty", false, true, false],
    ["a text", true, true, false],
  ]);
});

test("variants of an object have the entries of the table that their key names", () => {
  const shape = variants("kind", { a: { x: whole() }, b: { y: text() } });
  const misfits = [
    { kind: "a", x: 1 },
    { kind: "b", y: "z" },
    { kind: "a", y: "z" },
    { kind: "a", x: -1 },
    { kind: "c" },
    {},
    5,
  ].map((own) => misfitOf(own, shape));
  expect(misfits.map((misfit) => misfit && `${misfit.path} ${misfit.expected}`)).toEqual([
    null,
    null,
    ".y left out: nothing of this name is known",
    `.x a whole number at least 0 and at most ${largestInt32}`,
    ".kind one of a, b",
    ".kind one of a, b",
    " an object",
  ]);
  expect(misfitOf({ x: 1, kind: "c" }, shape)).toEqual({ path: ".kind", expected: "one of a, b", value: "c" });
  expect(misfitOf(5, shape)).toEqual({ path: "", expected: "an object", value: 5 });
  expect(misfitOf([5], record(text()))).toEqual({ path: "", expected: "an object", value: [5] });
  expect([record(text()), nullable(shape), tuple(whole())].map(({ expected }) => expected)).toEqual([
    "an object",
    "an object, or null",
    "an array of 1",
  ]);
  expect(misfitOf({ x: 1, y: 2 }, object({ x: whole() }, { open: true }))).toBeNull();
  expect(misfitOf({ x: 1, y: 2 }, object({ x: whole() }))).toMatchObject({ path: ".y" });
});

test("functions and signals are options that may be left out", () => {
  const { signal } = new AbortController();
  expect([undefined, () => 1, 5].map((own) => misfitOf(own, callback()) === null)).toEqual([true, true, false]);
  expect([callback().expected, abortSignal.expected]).toEqual(["a function", "an AbortSignal"]);
  expect([undefined, signal, {}].map((own) => misfitOf(own, abortSignal) === null)).toEqual([true, true, false]);
});

test("a nullable rule takes null, and the parts of what it takes are still looked at", () => {
  const rule = nullable(list(whole()));
  expect(rule.expected).toMatch(/, or null$/);
  expect([null, [1], [-1]].map((own) => misfitOf(own, rule)?.path)).toEqual([undefined, undefined, "[0]"]);
});

test("whole numbers fit into 32 bits where nothing else is said", () => {
  expect(misfitOf(2 ** 31 - 1, whole())).toBeNull();
  expect(misfitOf(2 ** 31, whole())).not.toBeNull();
});

test("rules of one's own have the defaults of the library's, and say what they were to be", () => {
  expect([rules.flag().initial, rules.flag(true).initial]).toEqual([false, true]);
  expect(rules.word(["a", "b"], "b")).toMatchObject({ expected: "one of a, b", initial: "b" });
  expect(rules.whole({ minimum: 1, maximum: 3, initial: 2 })).toMatchObject({
    initial: 2,
    expected: "a whole number at least 1 and at most 3",
  });
  expect(rules.real({ above: 0, below: 1 }).expected).toBe("a number above 0 and below 1 (as float32)");
  expect("initial" in rules.real()).toBe(false);
  expect(() => rules.flag(1 as never)).toThrow("rules.flag: expected initial to be true or false, got 1.");
  expect(() => rules.word(["a"], "c" as never)).toThrow('rules.word: expected initial to be one of a, got "c".');
  expect(() => rules.word(["a", ""], "a")).toThrow("rules.word: expected words[1] to be a text that is not empty");
  expect(() => rules.whole({ minimum: "1" } as never)).toThrow(
    'rules.whole: expected minimum to be a number, got "1".',
  );
  expect(() => rules.real({ least: 1 } as never)).toThrow('rules.real: unknown option "least"');
  expect(() => rules.list({ expected: "x" } as never)).toThrow("rules.list: expected of to be a rule");
});
