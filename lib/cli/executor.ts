import type { Command } from "commander";
import { OptionError } from "../errors.js";
import type { Executor } from "../executor/executor.js";
import { nativeExecutor, nativeExecutorRules, setThreads } from "../executor/native.js";
import { ReferenceExecutor } from "../executor/reference/executor.js";
import type { Completed } from "../options.js";
import { optional, table, whole, word } from "../options.js";
import { withOptions } from "./options.js";

const executorFlags = table("--executor", {
  /** What computes: C++, or the plain TypeScript that it is compared with. Default native. */
  executor: word(["native", "reference"], "native"),
  ...nativeExecutorRules,
  /** Threads to compute with. Default: all cores. */
  threads: optional(whole({ minimum: 1, maximum: 256 })),
});

/** The options that say what computes. */
export type ExecutorOptions = Completed<typeof executorFlags>;

/** Adds the options that say what computes. */
export function withExecutorOptions(command: Command): Command {
  return withOptions(command, executorFlags);
}

/** The executor that the options ask for. */
export function executorFrom({ executor, matmulPrecision, threads }: ExecutorOptions): Executor {
  if (executor === "reference") {
    if (matmulPrecision !== "highest") throw new OptionError("--matmul-precision is for --executor native.");
    return new ReferenceExecutor({ precision: "float32" });
  }
  if (threads !== undefined) setThreads(threads);
  return nativeExecutor({ matmulPrecision });
}
