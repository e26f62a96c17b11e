import { expect, test } from "vitest";
import { isModelFile } from "../../lib/formats/companions.js";
import type { ConfigFile } from "../../lib/formats/configFile.js";
import { bestValidation, historyOf } from "../../lib/formats/history.js";
import { jsonDigest } from "../../lib/formats/jsonFile.js";
import { expectCounts, expectSameOrigin, expectTensors, expectVocabularySizes } from "../../lib/formats/modelChecks.js";
import { differenceOf, occupied } from "../../lib/formats/presentModel.js";
import type { SafetensorsHeader } from "../../lib/formats/safetensors.js";

const configFile = {
  format: "ostinato",
  formatVersion: 1,
  model: "M",
  tokenizer: "tokenizer.json",
  config: { size: 4, list: [1] },
} as unknown as ConfigFile;

/** A header with tensors of some types and shapes. */
function headerOf(...tensors: [name: string, type: string, shape: number[]][]): SafetensorsHeader {
  return {
    metadata: {},
    entries: tensors.map(([name, type, shape]) => ({ name, type, shape })),
  } as unknown as SafetensorsHeader;
}

test("the tensors of a file are a model's parameters in any type of floats, and whole numbers are I32", () => {
  const parameters = [
    { name: "w", shape: [2, 3] },
    { name: "n", shape: [1], dtype: "i32" as const },
  ];
  for (const type of ["F32", "F64", "BF16", "F16", "F8_E4M3", "F8_E5M2"])
    expectTensors("f", headerOf(["n", "I32", [1]], ["w", type, [2, 3]]), parameters);
  expectTensors("f", headerOf(["w", "I8", [2, 3]], ["w.scale", "F32", [2]], ["n", "I32", [1]]), parameters);
  const refused: [tensors: [string, string, number[]][], message: string][] = [
    [[["n", "I32", [1]]], 'expected tensor "w" of F32 [2,3], got none.'],
    [[["w", "F32", [3, 2]]], 'expected tensor "w" of F32 [2,3], got F32 [3,2].'],
    [[["w", "I32", [2, 3]]], "got I32 [2,3]."],
    [[["w", "I8", [2, 3]]], "got I8 [2,3]."],
    [
      [
        ["w", "I8", [2, 3]],
        ["w.scale", "F32", [3]],
      ],
      "got I8 [2,3].",
    ],
    [
      [
        ["w", "I8", [2, 3]],
        ["w.scale", "F16", [2]],
      ],
      "got I8 [2,3].",
    ],
    [
      [
        ["w", "F32", [2, 3]],
        ["n", "F32", [1]],
      ],
      'expected tensor "n" of I32 [1], got F32 [1].',
    ],
    [
      [
        ["w", "F32", [2, 3]],
        ["n", "I32", [1]],
        ["more", "F32", [1]],
      ],
      'tensor "more" has no place in that model.',
    ],
    [
      [
        ["w", "F32", [2, 3]],
        ["n", "I32", [1]],
        ["w.scale", "F32", [2]],
      ],
      'tensor "w.scale" has no place in that model.',
    ],
  ];
  for (const [tensors, message] of refused)
    expect(() => expectTensors("f", headerOf(...tensors), parameters)).toThrow(message);
  expect(() =>
    expectTensors("f", headerOf(["b", "I8", [2]], ["b.scale", "F32", [2]]), [{ name: "b", shape: [2] }]),
  ).toThrow("got I8 [2].");
});

test("a model has at most as many layers as its file has tensors", () => {
  const file = { file: "f", ...headerOf(["a", "F32", [1]], ["b", "F32", [1]]) };
  expectCounts(file, { layers: 2, other: 9, text: "9" }, ["layers", "text", "none"]);
  expect(() => expectCounts(file, { layers: 3 }, ["layers"])).toThrow(
    "there are 3 layers, and the file has only 2 tensors.",
  );
});

test("a configuration and a vocabulary belong to the weights that know their digests, or none", () => {
  const json = { kind: "byte" };
  const [config, tokenizer] = [jsonDigest(configFile), jsonDigest(json)];
  const expecting = (metadata: Record<string, string>, own = configFile) =>
    expectSameOrigin("m", { ...headerOf(), metadata }, { configFile: own, json });
  for (const metadata of [{}, { config }, { tokenizer }, { config, tokenizer }])
    expecting(metadata as Record<string, string>);
  expect(() => expecting({ config: "x", tokenizer })).toThrow(
    /config\.json does not belong to model\.safetensors beside it/,
  );
  expect(() => expecting({ config, tokenizer: "x" })).toThrow(/tokenizer\.json does not belong to model\.safetensors/);
  const { tokenizer: _, ...without } = configFile;
  expecting({ tokenizer: "x" }, without as ConfigFile);
});

test("a vocabulary has as many tokens as the configuration says, where it says so", () => {
  const own = { ...configFile, config: { size: 4 } } as ConfigFile;
  expectVocabularySizes("m", own, { size: 4, other: 7 });
  expect(() => expectVocabularySizes("m", own, { size: 5 })).toThrow(
    /tokenizer\.json has 5 tokens, but the model has 4: it is the vocabulary of another model/,
  );
  const { tokenizer: _, ...unnamed } = own;
  expect(() => expectVocabularySizes("m", unnamed as ConfigFile, { size: 5 })).toThrow(/vocabulary\.json has 5 tokens/);
});

test("a configuration's first difference is named, and what a refusal offers", () => {
  const other = (changes: object) => differenceOf(configFile, { ...configFile, ...changes } as ConfigFile);
  expect(other({})).toBeNull();
  expect(other({ config: { size: 8, list: [1] } })).toBe("its size is 4, not 8");
  expect(other({ config: { size: 4, list: [2] } })).toBe("its list differs");
  expect(other({ config: { size: 4, list: [1], more: true } })).toBe("its more is undefined, not true");
  expect(other({ model: "N", formatVersion: 2 })).toBe("it is a M (format 1), not a N (format 2)");
  expect(occupied("x holds a model already").message).toBe(
    "x holds a model already. Choose another folder, or overwrite it (--overwrite; in a program: overwrite: true).",
  );
  expect(occupied("x holds a training already", { training: true }).message).toContain(
    "folder, go on with its training (--resume), or overwrite it",
  );
});

test("files of a model have its names, visible or hidden under a digest", () => {
  const own = ["config.json", "model.safetensors", "trainer.json", ".config.json.0123456789abcdef"];
  const others = [
    "notes.txt",
    ".notes.txt.0123456789abcdef",
    ".config.json",
    ".config.json.0123456789abcde",
    "config.json.0123456789abcdef",
    ".config.json.0123456789ABCDEF",
  ];
  expect([...own, ...others].filter(isModelFile)).toEqual(own);
});

test("the best validation is the last that was kept, else that of the lowest loss", () => {
  const [a, b, c, d] = [{ loss: 3 }, { loss: 1 }, { loss: Number.NaN }, { loss: 2 }];
  expect(bestValidation([a, b, c, d])).toBe(b);
  expect(bestValidation([c])).toBeUndefined();
  expect(bestValidation([])).toBeUndefined();
  const kept = [{ loss: 3, best: true }, { loss: 1 }, { loss: 2, best: true }, { loss: 9, best: false }];
  expect(bestValidation(kept)).toBe(kept[2]);
});

test("what JSON wrote as null is NaN again, and what a validation does not have stays away", () => {
  const point = { step: 1, epoch: 0.5, tokens: 9, seconds: 2 };
  const measured = { loss: 1, gradientNorm: 2, learningRate: 3, tokensPerSecond: 4 };
  const none = { loss: null, gradientNorm: null, learningRate: null, tokensPerSecond: null };
  const at = { step: 1, epoch: 1 };
  const history = historyOf({
    steps: [
      { ...point, ...measured },
      { ...point, ...none },
    ],
    validations: [
      { ...at, loss: 2, perplexity: null },
      { ...at, loss: null, perplexity: 5, bitsPerCharacter: null, accuracy: null, best: true },
      { ...at, loss: 2, perplexity: 7, bitsPerCharacter: 1, accuracy: 0.5, best: false },
    ],
    samples: [{ ...at, loss: null, text: "x" }],
  } as never);
  const nan = Number.NaN;
  expect(history).toStrictEqual({
    steps: [
      { ...point, ...measured },
      { ...point, loss: nan, gradientNorm: nan, learningRate: nan, tokensPerSecond: nan },
    ],
    validations: [
      { ...at, loss: 2, perplexity: Math.exp(2) },
      { ...at, loss: nan, perplexity: 5, bitsPerCharacter: nan, accuracy: nan, best: true },
      { ...at, loss: 2, perplexity: 7, bitsPerCharacter: 1, accuracy: 0.5 },
    ],
    samples: [{ ...at, loss: nan, text: "x" }],
  });
});
