import { OstinatoError } from "../errors.js";
import { completeOptions, optional, value } from "../options.js";
import type { Executor } from "./executor.js";
import { loadWasm } from "./loadWasm.js";
import type { NativeExecutorOptions } from "./native.js";
import { nativeExecutor } from "./native.js";
import { ReferenceExecutor } from "./reference/executor.js";
import type { WasmExecutor, WasmExecutorOptions } from "./wasm/executor.js";
import { wasmExecutorRules } from "./wasm/executor.js";

/** Names of the executors, best first. */
export const executorNames = ["native", "wasm", "reference"] as const;

/** An executor, or the name of one. @useDeclaredType */
export type ExecutorChoice = Executor | (typeof executorNames)[number];

/** The rule of an option that chooses an executor. */
export const executorRule = optional(
  value<ExecutorChoice>(`an executor, or one of ${executorNames.join(", ")}`, (choice) => {
    if (typeof choice === "string") return executorNames.includes(choice as (typeof executorNames)[number]);
    return typeof (choice as Executor | null)?.createStore === "function";
  }),
);

/**
 * The executor of a choice. Default: see defaultExecutor.
 * @throws OstinatoError ERR_OSTINATO_ADDON for "native" where there is no binary, for "wasm" where there is no module.
 */
export function executorOf(choice: ExecutorChoice | undefined): Executor {
  if (choice === undefined) return defaultExecutor().executor;
  if (choice === "native") return nativeExecutor();
  if (choice === "wasm") return wasmOfProcess();
  return choice === "reference" ? new ReferenceExecutor() : choice;
}

/**
 * The native executor; where there is no binary for this platform the same in WebAssembly; where that cannot be loaded the reference in
 * TypeScript, which computes the same a few hundred times slower. `problem` says what the best one lacks.
 * @param options those of the native one.
 * @param wasmOptions those of WebAssembly in its place.
 * @throws OptionError if the environment says something impossible: see docs/performance.md.
 */
export function defaultExecutor(
  options: NativeExecutorOptions = {},
  wasmOptions: WasmExecutorOptions = {},
): {
  executor: Executor;
  problem: OstinatoError | null;
} {
  completeOptions("WasmExecutor", wasmOptions, wasmExecutorRules);
  try {
    return { executor: nativeExecutor(options), problem: null };
  } catch (error) {
    if (!(error instanceof OstinatoError) || error.code !== "ERR_OSTINATO_ADDON") throw error;
    return { executor: withoutBinary(wasmOptions), problem: error };
  }
}

let shared: WeakRef<WasmExecutor> | undefined;

/** The one executor of all models that name none of their own: each has threads and a memory. */
function wasmOfProcess(): WasmExecutor {
  const known = shared?.deref();
  if (known && !known.stopped) return known;
  const executor = loadWasm();
  shared = new WeakRef(executor);
  return executor;
}

function withoutBinary(options: WasmExecutorOptions): Executor {
  try {
    return options.threads === undefined ? wasmOfProcess() : loadWasm(options);
  } catch (error) {
    if (!(error instanceof OstinatoError) || error.code !== "ERR_OSTINATO_ADDON") throw error;
    return new ReferenceExecutor();
  }
}
