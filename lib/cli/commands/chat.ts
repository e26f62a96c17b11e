import { createInterface } from "node:readline";
import { Command } from "commander";
import { OstinatoError } from "../../errors.js";
import { Seq2Seq } from "../../models/seq2seq.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { colours } from "../print.js";
import type { SearchOptions } from "../searchOptions.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";

interface Options extends ExecutorOptions, SearchOptions {}

export function chatCommand(): Command {
  const command = new Command("chat")
    .description("talk with a model that was trained on questions and answers; an empty line or Ctrl-D ends it")
    .argument("<model>", "folder of a trained model");
  return withExecutorOptions(withSearchOptions(command)).action(chat);
}

/** Each line is a question of its own: the model has no memory of those before. */
async function chat(folder: string, options: Options): Promise<void> {
  const search = searchOptionsFrom(options);
  const model = await Seq2Seq.load(folder, { executor: executorFrom(options) });
  await untilInterrupted(async (signal) => {
    const talks = process.stdin.isTTY && process.stdout.isTTY;
    const reader = createInterface({
      input: process.stdin,
      ...(talks ? { output: process.stdout, prompt: colours.bold("> ") } : {}),
    });
    reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    signal.addEventListener("abort", () => reader.close(), { once: true });
    if (talks) reader.prompt();
    for await (const line of reader) {
      if (line.trim() === "" && talks) break;
      if (line.trim() === "") process.stdout.write("\n");
      else await answer(model, line, { ...search, signal });
      if (talks) reader.prompt();
    }
    reader.close();
  });
}

/** A question that the model cannot read is no reason to stop talking. */
async function answer(model: Seq2Seq, line: string, search: Parameters<Seq2Seq["translate"]>[1]): Promise<void> {
  try {
    const [translation] = await model.translate([line], search);
    process.stdout.write(`${translation?.text ?? ""}\n`);
  } catch (error) {
    if (!(error instanceof OstinatoError)) throw error;
    process.stderr.write(`${colours.red("error:")} ${error.message}\n`);
  }
}
