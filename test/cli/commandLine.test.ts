import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { expect, test } from "vitest";
import { expectNoEmptyTexts } from "../../lib/cli/emptyTexts.js";
import { inFlags } from "../../lib/cli/flagWords.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));

test("an empty text given to any option or argument is refused, and one that is left out is not", () => {
  const parsed = (...args: string[]) => {
    const command = new Command("do").argument("[files...]").exitOverride();
    command.option("--out <folder>", "", "here").option("--test <file...>").option("--quiet");
    return command.action(() => expectNoEmptyTexts(command)).parse(args, { from: "user" });
  };
  expect(() => parsed("--quiet")).not.toThrow();
  expect(() => parsed("a", "--out", "b", "--test", "c")).not.toThrow();
  expect(() => parsed("--out", "")).toThrow(/do: --out is empty/);
  expect(() => parsed("--out=")).toThrow(/do: --out is empty/);
  expect(() => parsed("--test", "a", "")).toThrow(/do: --test is empty/);
  expect(() => parsed("a", "")).toThrow(/do: <files> is empty/);
});

test("no command takes an empty text for one that was not given, and every wrong option exits with 2", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "a.txt");
  writeFileSync(file, "It was the best of times, it was the worst of times.\n".repeat(60));
  const wrong = [
    ...[
      ["train", "lm", file, "--out", ""],
      ["train", "lm", file, "--out", "m", "--validation", ""],
    ],
    ...[
      ["train", "lm", file, "--out", "m", "--prompt", ""],
      ["train", "translate", "", file, "--out", "m"],
    ],
    ...[
      ["train", "--resume", ""],
      ["generate", ""],
      ["generate", "m", "--stop", ""],
      ["train", "lm", file, "--out", "m", "--epochs", "0"],
    ],
    ...[
      ["evaluate", "m", ""],
      ["quantize", "m", ""],
      ["translate", "m", "--prefix", ""],
      ["inspect", "m", "--text", ""],
    ],
    ...[
      ["info", ""],
      ["curves", "m", "--out", ""],
      ["map", "m", ""],
      ["trace", "m", ""],
      ["chat", ""],
    ],
  ];
  for (const args of wrong) {
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
    expect({ args, status, stderr }).toEqual({ args, status: 2, stderr: expect.stringMatching(/^error: /) });
  }
  expect(existsSync(join(folder, "m"))).toBe(false);
  expect(readdirSync(folder)).toEqual(["a.txt"]);
}, 60_000);

test("messages of the library name the flags of the command that runs, and leave paths and plain words as they are", () => {
  const command = new Command("lm");
  for (const flag of [
    "--batch-size <n>",
    "--maximum-steps <n>",
    "--forget-bias <x>",
    "--epochs <n>",
    "--clip-norm <x>",
  ]) {
    command.addOption(new Option(flag));
  }
  const said = (message: string) => inFlags(message, command);
  expect(said("Trainer: expected maximumSteps to be a whole number, got 0.")).toBe(
    "expected --maximum-steps to be a whole number, got 0.",
  );
  expect(said("Trainer: expected epochs to be a whole number, got 0.")).toBe(
    "expected --epochs to be a whole number, got 0.",
  );
  expect(said('forgetBias belongs to the cell "lstm".')).toBe('--forget-bias belongs to the cell "lstm".');
  expect(said("one window needs 9 (batchSize 3 x windowLength 3)")).toBe(
    "one window needs 9 (--batch-size 3 x windowLength 3)",
  );
  expect(said("or clip the gradient (clipNorm 1 to 5).")).toBe("or clip the gradient (--clip-norm 1 to 5).");
  expect(said("Use a smaller batchSize.")).toBe("Use a smaller --batch-size.");
  expect(
    said("Raise it (maximumLength; --maximum-length on the command line), or skip (long; --long cut, --long skip)."),
  ).toBe("Raise it (--maximum-length), or skip (--long cut, --long skip).");
  expect(said("or overwrite it (--overwrite; in a program: overwrite: true).")).toBe("or overwrite it (--overwrite).");
  const path = 'There is no file data/batchSize.txt, nor "batchSize"; all epochs are done.';
  expect(said(path)).toBe(path);
});

test.each([
  [["generate", "m", "--temp", "1"], "unknown option '--temp'; did you mean --temperature?"],
  [["generate", "m", "--num-beams", "3"], "did you mean --beams?"],
  [["train", "lm", "a.txt", "--max-grad-norm", "3"], "did you mean --clip-norm?"],
  [["train", "lm", "a.txt", "--cell", "lsmt"], "Expected one of gru, "],
  [["train", "lm", "a.txt", "--cell", "lsmt"], "; did you mean lstm?"],
  [["train", "ml", "a.txt"], "Did you mean lm?"],
  [["evalute", "m"], "did you mean evaluate?"],
  [["help", "tarin"], "did you mean train?"],
  [["help", "train", "ml"], "did you mean lm?"],
])("what is mistyped is told what was probably meant: %j", (args, words) => {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  expect(stderr).toContain(words);
  expect(status).toBe(2);
});

test("an error that nobody foresaw has its stack, and with --json its message alone", () => {
  const failing = (thrown: string) =>
    `data:text/javascript,import os from "node:os"; import { syncBuiltinESMExports } from "node:module";
    os.cpus = () => { throw ${thrown}; }; syncBuiltinESMExports();`;
  const info = (thrown: string, ...more: string[]) =>
    spawnSync(process.execPath, ["--import", failing(thrown), main, "info", ...more], { encoding: "utf8" });
  const told = info('new RangeError("no processors")');
  expect(told).toMatchObject({ status: 1, stdout: "" });
  expect(told.stderr).toMatch(/^error: RangeError: no processors\n\s+at /);
  expect(info('"a text"')).toMatchObject({ status: 1, stderr: "error: a text\n" });
  const asJson = info('new RangeError("no processors")', "--json");
  expect(asJson).toMatchObject({ status: 1, stderr: "" });
  expect(JSON.parse(asJson.stdout)).toEqual({ event: "error", code: "ERR_UNKNOWN", message: "no processors" });
});

test("errors are coloured on request, and not in the pipes of a CI", () => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const said = (own: object) =>
    spawnSync(process.execPath, [main, "info", "nowhere"], { env: { ...env, ...own }, encoding: "utf8" }).stderr;
  expect(said({ CI: "1" })).toMatch(/^error: There is no/);
  expect(said({ FORCE_COLOR: "1" }).startsWith("\u001b[31merror:\u001b[39m There is no")).toBe(true);
  expect(said({ FORCE_COLOR: "1", NO_COLOR: "1" })).toMatch(/^error: There is no/);
});
