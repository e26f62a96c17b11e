/**
 * "ostinato/reference": programs and the executor in plain TypeScript, without the native addon and without Node's own
 * modules: it runs in a browser too.
 */
export { InputError, OptionError, OstinatoError, ShapeError } from "./errors.js";
export type {
  Executable,
  Executor,
  Feeds,
  Replay,
  ReplayResult,
  RunResult,
  Store,
  Values,
} from "./executor/executor.js";
export { ReferenceExecutor } from "./executor/reference/executor.js";
export * from "./graph/index.js";
