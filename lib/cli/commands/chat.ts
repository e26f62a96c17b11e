import { createInterface } from "node:readline";
import type { Command } from "commander";
import { OstinatoError } from "../../errors.js";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { notes, paint, results } from "../output.js";
import { oneLine } from "../print.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import { standardInputLines } from "../standardInput.js";
import type { Ability } from "../verbs.js";

export const chat: Ability = {
  verb: {
    name: "chat",
    description: "talk with a model that was trained on questions and answers; an empty line or Ctrl-D ends it",
  },
  options: withSearchOptions,
  run: converse,
};

/** Each line is a question of its own: the model has no memory of those before. */
async function converse(folder: string, options: ExecutorOptions, command: Command): Promise<void> {
  const search = searchOptionsFrom(command);
  const model = await modelFrom<PairModel>(folder, options);
  await untilInterrupted(async (signal) => {
    const answerLine = (line: string, number: number) =>
      line.trim() === "" ? "" : answer(model, line, { ...search, firstNumber: number, signal });
    if (process.stdin.isTTY && process.stdout.isTTY) return talk(answerLine, signal);
    let number = 0;
    for await (const lines of standardInputLines(1, signal)) {
      for (const line of lines) results.write(`${(await answerLine(line, number++)) ?? ""}\n`);
    }
  });
}

/** A conversation on a terminal. */
async function talk(
  answerLine: (line: string, number: number) => Promise<string | null> | string,
  signal: AbortSignal,
): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stdout, prompt: paint.bold("> ").text });
  reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  signal.addEventListener("abort", () => reader.close(), { once: true });
  let number = 0;
  reader.prompt();
  // The end of the loop closes the reader.
  for await (const line of reader) {
    if (line.trim() === "") break;
    const text = await answerLine(line, number++);
    if (text !== null) results.write(`${text}\n`);
    reader.prompt();
  }
}

/** The answer to a question. One that the model cannot read is no reason to stop talking: it is reported, and null. */
async function answer(
  model: PairModel,
  line: string,
  search: Parameters<PairModel["translate"]>[1],
): Promise<string | null> {
  try {
    const [translation] = await model.translate([line], search);
    return oneLine(translation?.text ?? "");
  } catch (error) {
    if (!(error instanceof OstinatoError)) throw error;
    notes.write(paint.red("error:"), ` ${error.message}\n`);
    return null;
  }
}
