import { absentError } from "../../absent.js";

/** In place of the package's own file. @throws OstinatoError ERR_OSTINATO_BROWSER. */
export const loadWasm: typeof import("../../../executor/loadWasm.js").loadWasm = () => {
  throw absentError(
    "there is no executor",
    "Give one: { executor: await WasmExecutor.load(bytes) }, the bytes being those of ostinato.wasm, which is in the package; or that of " +
      "ostinato/reference, which is a few hundred times slower.",
  );
};
