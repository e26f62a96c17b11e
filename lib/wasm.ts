/**
 * "ostinato/wasm": programs, layers and training steps on the C++ runtime compiled to WebAssembly, without Node's own modules: it runs
 * in a browser, in Deno, in Bun, and in Node where there is no native binary. The module is the package's prebuilds/ostinato.wasm, also
 * "ostinato/ostinato.wasm"; its bytes come from fetch, a bundler or a file.
 */
export type { WasmExecutorOptions } from "./executor/wasm/executor.js";
export { WasmExecutor } from "./executor/wasm/executor.js";
export * from "./nn/index.js";
export * from "./reference.js";
export type { Optimizer } from "./train/optimizers.js";
export { adagrad, adam, adamw, asgd, rmsprop, sgd } from "./train/optimizers.js";
export type { Reduction } from "./train/reduction.js";
export type { StepInput, StepOptions, StepResult, Wishes } from "./train/step.js";
export { TrainingStep } from "./train/step.js";
export type { Batch, RecordedLoss, Trainable } from "./train/trainable.js";
