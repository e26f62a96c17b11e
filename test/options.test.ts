import { expect, test } from "vitest";
import {
  completeOptions,
  flag,
  largestInt32,
  list,
  nearestName,
  nullable,
  optional,
  real,
  seed,
  text,
  whole,
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
  [{ cell: "lsmt" }, 'Thing: expected cell to be one of lstm, gru, got "lsmt".'],
  [{ folder: "" }, 'Thing: expected folder to be a text that is not empty, got "".'],
  [
    { stop: ["a", 5] },
    "Thing: expected stop to be an array, each element a text that is not empty, got an array of 2.",
  ],
  [{ seed: 2 ** 32 }, "got 4294967296."],
  [{ seed: -1 }, "got -1."],
  [{ epoch: 3 }, 'Thing: unknown option "epoch"; did you mean epochs?'],
  [{ temprature: 3 }, "did you mean temperature?"],
  [{ xyz: 3 }, "Known options: epochs, dropout,"],
])("options that do not fit are refused by name: %j", (options, message) => {
  expect(() => complete(options)).toThrow(message);
});

test("a misspelt name finds the nearest one, a part of a name its whole, anything else nothing", () => {
  const known = ["hiddenSize", "embeddingSize", "windowLength", "role"];
  expect(nearestName("hidenSize", known)).toBe("hiddenSize");
  expect(nearestName("HIDDENSIZE", known)).toBe("hiddenSize");
  expect(nearestName("window", known)).toBe("windowLength");
  expect(nearestName("rol", known)).toBe("role");
  expect(nearestName("q", known)).toBeUndefined();
});
