/**
 * "ostinato/browser": all of Ostinato in one file that imports nothing: models of every kind, Trainer, search, on files in memory. It
 * runs in a page, in a Worker, in Deno, Bun and Node. Names are those of "ostinato", and some more; a function that needs
 * what a browser does not have throws ERR_OSTINATO_BROWSER or ERR_OSTINATO_ADDON and says what to do instead.
 */

export type { FetchFolderOptions, FetchProgress } from "./browser/fetchFolder.js";
export { fetchFolder } from "./browser/fetchFolder.js";
export type { FolderFiles } from "./browser/folders.js";
export { filesOf, folderOf, removeFolder } from "./browser/folders.js";
export * from "./index.js";
export type { StepInput, WasmExecutorOptions, Wishes } from "./wasm.js";
export { TrainingStep, WasmExecutor } from "./wasm.js";
