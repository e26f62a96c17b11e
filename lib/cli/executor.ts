import type { Command } from "commander";
import { Option } from "commander";
import { OptionError } from "../errors.js";
import type { Executor } from "../executor/executor.js";
import type { MatmulPrecision } from "../executor/native.js";
import { matmulPrecisions, nativeExecutor, setThreads } from "../executor/native.js";
import { ReferenceExecutor } from "../executor/reference/executor.js";
import { whole } from "./options.js";

/** Adds the options that say what computes. */
export function withExecutorOptions(command: Command): Command {
  return command
    .addOption(new Option("--executor <name>", "what computes").choices(["native", "reference"]).default("native"))
    .addOption(
      new Option("--precision <name>", "of matrix products; high and medium are for CPUs with a matrix unit")
        .choices(matmulPrecisions)
        .default("highest"),
    )
    .option("--threads <n>", "threads to compute with (default: all cores)", whole);
}

/** What the options above give. */
export interface ExecutorOptions {
  executor: string;
  threads?: number;
  precision: MatmulPrecision;
}

/** The executor that the options ask for. */
export function executorFrom(options: ExecutorOptions): Executor {
  if (options.executor === "reference") {
    if (options.precision !== "highest") throw new OptionError("--precision is for --executor native.");
    return new ReferenceExecutor({ precision: "float32" });
  }
  if (options.threads !== undefined) setThreads(options.threads);
  return nativeExecutor({ matmulPrecision: options.precision });
}
