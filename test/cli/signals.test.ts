// A signal ends a command that computes, and one that has no answer yet prints none.
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { session } from "./session.js";

/** A word in what a command prints that a signal follows at once. Null: the signal comes when the command begins to listen. */
let cue: RegExp | null = null;
const { file, ostinato } = session("signals", { prints: (piece) => cue?.test(piece) && interrupt() });
const stops = () => process.emit("SIGINT", "SIGINT");
let isDue = false;

/** Sends one signal: a second would end this process. */
function interrupt(): void {
  if (!isDue) return;
  isDue = false;
  stops();
}

beforeEach(() => {
  const before = process.exitCode;
  process.exitCode = undefined;
  onTestFinished(() => {
    [process.exitCode, cue, isDue] = [before, null, false];
  });
});

/** A command that a signal reaches. @returns what it prints, and its exit code. */
async function interrupted(line: string, after: RegExp | null = null) {
  [cue, isDue] = [after, true];
  const listens = (name: string | symbol) => {
    if (name === "SIGINT" && after === null) queueMicrotask(interrupt);
  };
  process.on("newListener", listens);
  const text = await ostinato(...line.split(" "), "--executor", "reference");
  process.off("newListener", listens);
  expect(isDue, line).toBe(false);
  const code = process.exitCode;
  process.exitCode = undefined;
  return { line, code, answer: text.replace(/^\|.*\n/gm, "").trim() };
}

const many = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => `${line(i)}\n`);
file("text.txt", many(30, () => "the old ship sails on").join(""));
file("labels.csv", `label,text\n${many(20, (i) => (i % 3 ? "land,the tree" : "sea,a whale")).join("")}`);
file("tags.conll", "the DET\nwhale NOUN\n\n".repeat(12));
file("frames.csv", `walk,step,place\n${many(40, (i) => `${i >> 2},${i % 3},${i % 2 ? "left" : "right"}`).join("")}`);
const months = many(48, (t) => `${2000 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, "0")},${t % 7}`);
file("months.csv", `month,sold\n${months.join("")}`);
file("pairs.tsv", "aba\tA B\n".repeat(20));
file("analogies.txt", "the old ship sails\n");

const small = "--hidden-size 4 --maximum-steps 1 --quiet";
const trainings = [
  `train lm text.txt --out lm --layers 1 --batch-size 2 --window-length 8 ${small}`,
  `train classify labels.csv --text-column text --label-column label --out labels ${small}`,
  `train tag tags.conll --out tags --embedding-size 4 --character-size 2 --character-embedding-size 2 ${small}`,
  `train frames frames.csv --sequence-column walk --label-column place --out frames ${small}`,
  `train forecast months.csv --horizon 3 --season 4 --out series ${small}`,
  `train transliterate pairs.tsv --out pairs ${small}`,
  "train vectors text.txt --minimum-count 1 --size 4 --out vectors --maximum-steps 1 --quiet",
];

test("a command that a signal reaches before it has an answer prints none, and ends with the code of the signal", async () => {
  for (const line of trainings)
    expect(await ostinato(...line.split(" "), "--executor", "reference")).not.toMatch(/^!/m);
  for (const line of [
    "generate lm --maximum-length 9",
    "generate lm --beams 2 --maximum-length 9",
    "evaluate lm text.txt",
    "inspect lm --text text.txt --terminal",
    "classify labels whale",
    "evaluate labels labels.csv",
    "tag tags whale",
    "evaluate tags tags.conll",
    "tag frames frames.csv",
    "evaluate frames frames.csv",
    "forecast series months.csv",
    "backtest series months.csv",
    "inspect series --text months.csv",
    "translate pairs aba",
    "evaluate pairs pairs.tsv",
    "evaluate vectors analogies.txt",
    "ladder text.txt --only bigram",
    "probe lm tags.conll",
  ]) {
    expect.soft(await interrupted(line)).toEqual({ line, code: 130, answer: "" });
  }
});

test("a signal while a finished training is measured ends it without a score, and the model is there", async () => {
  const line = trainings[0] as string;
  const loud = `${line.replace(" --quiet", "")} --overwrite --test text.txt`;
  expect(await interrupted(loud, /Done after/)).toEqual({ line: loud, code: 130, answer: "" });
  expect(await ostinato("info", "lm")).toContain("LanguageModel");
});
