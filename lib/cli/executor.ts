import type { Command } from "commander";
import { Option } from "commander";
import type { Executor } from "../executor/executor.js";
import { nativeExecutor, setThreads } from "../executor/native.js";
import { ReferenceExecutor } from "../executor/reference/executor.js";
import { whole } from "./options.js";

/** Adds the options that say what computes. */
export function withExecutorOptions(command: Command): Command {
  return command
    .addOption(new Option("--executor <name>", "what computes").choices(["native", "reference"]).default("native"))
    .option("--threads <n>", "threads to compute with (default: all cores)", whole);
}

/** The executor that the options ask for. */
export function executorFrom(options: { executor: string; threads?: number }): Executor {
  if (options.executor === "reference") return new ReferenceExecutor({ precision: "float32" });
  if (options.threads !== undefined) setThreads(options.threads);
  return nativeExecutor();
}
