import type { Command } from "commander";
import { counted, OptionError } from "../errors.js";
import { defaultExecutor, executorNames, executorOf } from "../executor/choice.js";
import type { Executor } from "../executor/executor.js";
import { loadWasm } from "../executor/loadWasm.js";
import { nativeExecutor, nativeExecutorRules, setThreads } from "../executor/native.js";
import type { WasmExecutor } from "../executor/wasm/executor.js";
import { loadModel } from "../models/registry.js";
import type { SavedModel } from "../models/savedModel.js";
import type { Completed } from "../options.js";
import { option, optional, table, whole, word } from "../options.js";
import { given, withOptions } from "./options.js";
import { notes } from "./output.js";

const executorFlags = table("--executor", {
  /**
   * The executor: C++, the same in WebAssembly, or the plain TypeScript that both are compared with. Default: native, where there is a
   * binary.
   */
  executor: option(optional(word(executorNames)), { onResume: "changes" }),
  ...nativeExecutorRules,
  /** Threads to compute with. Default: all cores. */
  threads: option(optional(whole({ minimum: 1, maximum: 256 })), { onResume: "changes" }),
});

/** The options that say what computes. */
export type ExecutorOptions = Completed<typeof executorFlags>;

/** Adds the options that say what computes. */
export function withExecutorOptions(command: Command): Command {
  return withOptions(command, executorFlags, { group: "Computing" });
}

/** The executor that the options ask for. */
export function executorFrom({ executor, matmulPrecision, threads }: ExecutorOptions): Executor {
  if (executor === "reference" || executor === "wasm") {
    if (matmulPrecision !== "highest") throw new OptionError("--matmul-precision is for --executor native.");
    return executor === "wasm" ? loadWasm(given({ threads })) : executorOf(executor);
  }
  const chosen = executor === "native" ? null : defaultExecutor({ matmulPrecision }, given({ threads }));
  if (chosen?.problem) {
    if (matmulPrecision !== "highest") throw chosen.problem;
    const instead =
      chosen.executor.name === "wasm"
        ? `WebAssembly computes, on ${counted((chosen.executor as WasmExecutor).threads, "thread")}`
        : "plain JavaScript computes, slowly";
    notes.write(`There is no native binary for ${process.platform}-${process.arch}: ${instead}.\n`);
    return chosen.executor;
  }
  if (threads !== undefined) setThreads(threads);
  return chosen?.executor ?? nativeExecutor({ matmulPrecision });
}

/** The model in a folder, of a kind that a verb has found to have what it needs. */
export async function modelFrom<M extends SavedModel>(
  folder: string,
  options: ExecutorOptions,
  { check }: { check?: boolean } = {},
): Promise<M> {
  return (await loadModel(folder, { executor: executorFrom(options), ...(check === undefined ? {} : { check }) })) as M;
}
