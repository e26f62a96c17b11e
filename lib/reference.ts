/**
 * "ostinato/reference": programs and the executor in plain TypeScript, without the native addon and without Node's own
 * modules: it runs in a browser too.
 */
export { InputError, OptionError, OstinatoError, ShapeError } from "./errors.js";
export type {
  CompileOptions,
  Executable,
  Executor,
  Feeds,
  OpTime,
  Replay,
  ReplayResult,
  RunResult,
  Store,
  Values,
} from "./executor/executor.js";
export type { ProfileRow, TraceEvent } from "./executor/profile.js";
export { Profile } from "./executor/profile.js";
export { ReferenceExecutor } from "./executor/reference/executor.js";
export * from "./graph/index.js";
