import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { OptionError, OstinatoError } from "../errors.js";
import type { Addon } from "./addon.js";

let loaded: Addon | undefined;

/**
 * The native addon: a fresh build in build/Release, or the prebuilt binary of this platform.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is neither.
 * @throws OptionError if OSTINATO_NUM_THREADS, OSTINATO_KERNELS or OSTINATO_GEMM in the environment says something impossible.
 */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const root = fileURLToPath(new URL("../..", import.meta.url));
  try {
    loaded = (require("node-gyp-build") as (folder: string) => Addon)(root);
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    if (code === "ERR_OSTINATO_OPTION") throw new OptionError(message);
    throw new OstinatoError(
      `There is no native binary for ${process.platform}-${process.arch} with Node ${process.version}. Build one from source ` +
        `with "npx cmake-js compile" in ${root} (needs CMake, a C++20 compiler and the headers of Google Highway), or use ` +
        'the slower executor in plain JavaScript: import { ReferenceExecutor } from "ostinato/reference" (--executor reference on the command line).',
      { code: "ERR_OSTINATO_ADDON", cause },
    );
  }
  return loaded;
}
