import { expect, test } from "vitest";
import { packTensors, unpackTensors, weightTypeOf } from "../../lib/formats/quantizedTensors.js";
import { shapes, vocabularyShape } from "../../lib/formats/shapes.js";
import { misfitOf } from "../../lib/options.js";

const step = {
  step: 0,
  epoch: 0,
  tokens: 0,
  loss: null,
  gradientNorm: -1,
  learningRate: null,
  tokensPerSecond: 0.5,
  seconds: 0,
};
const validation = { step: 2 ** 53 - 1, epoch: 0.5, loss: null, perplexity: null };
const sample = { step: 0, epoch: 0, loss: 1, text: "" };
const sound = {
  config: { format: "ostinato", formatVersion: 1, model: "M", config: { any: [1] } },
  trainerState: {
    position: { step: 0, epoch: 0, batch: 0, tokens: 0 },
    misses: 0,
    bestLoss: null,
    schedule: { rate: -1 },
    seconds: 0,
    curve: { every: 1, points: [step] },
    validations: [validation],
    samples: [sample],
    fingerprint: { text: "", number: -0.5 },
  },
  training: {
    format: "ostinato-training",
    formatVersion: 1,
    command: "lm",
    files: { train: ["a"] },
    options: { a: "", b: -0.5, c: false, d: ["", 1] },
  },
  trainerHistory: { steps: [step], validations: [validation], samples: [sample], seconds: 0 },
};

/** An object with another value at a path. */
function changed(whole: object, [name, ...rest]: readonly (string | number)[], value: unknown): object {
  const copy = (Array.isArray(whole) ? [...whole] : { ...whole }) as Record<string | number, unknown>;
  copy[name as string] = rest.length === 0 ? value : changed(copy[name as string] as object, rest, value);
  return copy;
}

test.each(Object.keys(sound) as (keyof typeof sound)[])(
  "the least that %s needs is sound, and each of its parts is needed",
  (name) => {
    const [whole, shape] = [sound[name], shapes[name]];
    expect(misfitOf(whole, shape)).toBeNull();
    for (const part of Object.keys(whole)) {
      expect(misfitOf(changed(whole, [part], undefined), shape)?.path).toMatch(new RegExp(`^\\.${part}`));
    }
    expect(misfitOf({ ...whole, more: 1 }, shape)?.path).toBe(".more");
  },
);

test.each<[name: keyof typeof sound, path: (string | number)[], fit: unknown[], unfit: unknown[]]>([
  ["config", ["format"], [], ["other", 1]],
  ["config", ["formatVersion"], [2], [0, 1.5, "1"]],
  ["config", ["model"], ["x"], ["", 5]],
  ["config", ["config"], [{}], [null, []]],
  ["config", ["tokenizer"], ["vocabulary.json", "tokenizer.json"], ["other.json", null]],
  ...(["step", "epoch", "batch"] as const).map((part): ["trainerState", string[], unknown[], unknown[]] => [
    "trainerState",
    ["position", part],
    [2 ** 31 - 1],
    [-1, 2 ** 31, 0.5],
  ]),
  ["trainerState", ["position", "tokens"], [2 ** 53 - 1], [-1, 2 ** 53]],
  ["trainerState", ["misses"], [5], [-1]],
  ["trainerState", ["bestLoss"], [-1], ["1"]],
  ["trainerState", ["schedule", "rate"], [0], [null]],
  ["trainerState", ["seconds"], [0.5], [-1, null]],
  ["trainerState", ["curve", "every"], [2], [0]],
  ["trainerState", ["fingerprint", "text"], [1, "x"], [null, true]],
  ["trainerState", ["carried"], [undefined, [], ["x"]], [[""], "x", null]],
  ["training", ["format"], [], ["ostinato"]],
  ["training", ["command"], ["x"], [""]],
  ["training", ["files", "validation"], [undefined, ["a"]], [[""], null]],
  ["training", ["files", "test"], [undefined, ["a"]], [[""], null]],
  ["training", ["files", "more"], [], [["a"]]],
  ["training", ["options", "a"], ["x", 5, true, [], [1, "x"]], [null, {}, [true]]],
  ["trainerHistory", ["seconds"], [0.5], [-1]],
  ...(["loss", "gradientNorm", "learningRate", "tokensPerSecond"] as const).map(
    (part): ["trainerHistory", (string | number)[], unknown[], unknown[]] => [
      "trainerHistory",
      ["steps", 0, part],
      [null, -1],
      ["1", undefined],
    ],
  ),
  ...(["step", "tokens"] as const).map((part): ["trainerHistory", (string | number)[], unknown[], unknown[]] => [
    "trainerHistory",
    ["steps", 0, part],
    [2 ** 53 - 1],
    [-1, 0.5, null],
  ]),
  ...(["epoch", "seconds"] as const).map((part): ["trainerHistory", (string | number)[], unknown[], unknown[]] => [
    "trainerHistory",
    ["steps", 0, part],
    [0.5],
    [-1, null],
  ]),
  ...(["loss", "perplexity"] as const).map((part): ["trainerHistory", (string | number)[], unknown[], unknown[]] => [
    "trainerHistory",
    ["validations", 0, part],
    [null, -1],
    ["1", undefined],
  ]),
  ...(["bitsPerCharacter", "accuracy"] as const).map(
    (part): ["trainerHistory", (string | number)[], unknown[], unknown[]] => [
      "trainerHistory",
      ["validations", 0, part],
      [undefined, null, 0.5],
      ["1"],
    ],
  ),
  ["trainerHistory", ["validations", 0, "best"], [undefined, true, false], [0, null]],
  ["trainerHistory", ["samples", 0, "text"], ["x"], [5, null]],
])("%s: %j takes %j, and not %j", (name, path, fit, unfit) => {
  const at = (value: unknown) => misfitOf(changed(sound[name], path, value), shapes[name]);
  expect(fit.map(at)).toEqual(fit.map(() => null));
  for (const value of unfit)
    expect(at(value)?.path).toContain(String(path.find((part, i) => typeof part === "string" && i > 0) ?? path[0]));
});

test("a vocabulary is one of ours, of a kind that a program registers, or a tokenizer.json", () => {
  const misfits = [
    { kind: "byte" },
    { kind: "word", tokens: ["a"] },
    { kind: "character", unit: "jamo", tokens: ["a"] },
    { kind: "own", anything: 1 },
    { model: {} },
    { kind: "byte", tokens: [] },
    { kind: "word" },
    { kind: "character", unit: "x", tokens: [] },
    { kind: "pair" },
    { kind: 5 },
    { model: [] },
    null,
  ].map((json) => misfitOf(json, vocabularyShape)?.path);
  expect(misfits).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    ".tokens",
    ".tokens",
    ".unit",
    ".kind",
    ".kind",
    "",
    "",
  ]);
});

test("matrices of floats are packed with their scales and come back, all else stays as it is", () => {
  const tensors = [
    { name: "w", shape: [2, 2], values: Float32Array.of(1.27, -0.5, 0, 0) },
    { name: "b", shape: [2], values: Float32Array.of(0.1, 0.2) },
    { name: "n", shape: [1, 2], values: Int32Array.of(1, 2) },
  ];
  const packed = packTensors(tensors, "int8");
  expect(packed).toEqual([
    { name: "w", shape: [2, 2], values: Int8Array.of(127, -50, 0, 0) },
    { name: "w.scale", shape: [2], values: Float32Array.of(1.27 / 127, 0) },
    ...tensors.slice(1),
  ]);
  const unpacked = unpackTensors("f", packed);
  expect(Object.keys(unpacked)).toEqual(["w", "b", "n"]);
  expect([...(unpacked.w?.values ?? [])].map((value) => value.toFixed(3))).toEqual([
    "1.270",
    "-0.500",
    "0.000",
    "0.000",
  ]);
  expect([unpacked.b?.values, unpacked.n?.values]).toEqual([Float32Array.of(0.1, 0.2), Int32Array.of(1, 2)]);
  expect(packTensors(tensors, "bfloat16")).toEqual([
    { name: "w", shape: [2, 2], values: Uint16Array.of(0x3fa3, 0xbf00, 0, 0), type: "BF16" },
    ...tensors.slice(1),
  ]);
  // A tensor of that name beside floats is one like others.
  expect(
    Object.keys(
      unpackTensors("f", [
        { name: "x", shape: [1], values: Float64Array.of(0.1) },
        { name: "x.scale", shape: [1], values: Float32Array.of(1) },
      ]),
    ),
  ).toEqual(["x", "x.scale"]);
  expect(unpackTensors("f", [{ name: "x", shape: [1], values: Float64Array.of(0.1) }]).x?.values).toEqual(
    Float32Array.of(0.1),
  );
  expect(() => unpackTensors("f", [{ name: "x", shape: [2], values: Float64Array.of(1, 1e300) }])).toThrow(
    'f: tensor "x" is no weight of a working model: element 1 is 1e+300',
  );
  expect(
    [{ weights: "int8" }, { weights: "bfloat16" }, { weights: "other" }, {}].map((metadata) =>
      weightTypeOf(metadata as Record<string, string>),
    ),
  ).toEqual(["int8", "bfloat16", null, null]);
});
