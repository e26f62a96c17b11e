import { OstinatoError } from "../../../errors.js";

/** In place of the native addon. @throws OstinatoError ERR_OSTINATO_ADDON. */
export const loadAddon: typeof import("../../../executor/loadAddon.js").loadAddon = () => {
  throw new OstinatoError(
    "ostinato/browser: there is no native binary. Train by counting n-grams in Node, and load the model's folder here; everything else computes by " +
      "{ executor: await WasmExecutor.load(bytes) }, the bytes being those of ostinato.wasm.",
    { code: "ERR_OSTINATO_ADDON" },
  );
};
