import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OptionError, OstinatoError } from "../errors.js";
import type { Addon } from "./addon.js";

let loaded: Addon | undefined;

/**
 * The native addon: a fresh build in build/Release, or the prebuilt binary of this platform.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is neither, or the system refuses it, or a bundler has left it behind.
 * @throws OptionError if OSTINATO_NUM_THREADS, OSTINATO_KERNELS or OSTINATO_GEMM in the environment says something impossible.
 */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const { require, root } = packagePlace();
  const file = addonFile(require, root);
  try {
    loaded = require(file) as Addon;
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    if (code === "ERR_OSTINATO_OPTION") throw new OptionError(message);
    throw noAddon(`The native binary ${file} cannot be loaded: ${message.trim()}.`, root, cause);
  }
  return loaded;
}

/** The folder of this package, and how to require from it. */
function packagePlace() {
  let cause: unknown;
  try {
    // Not `new URL("../..", import.meta.url)`: bundlers take that for a file to copy.
    const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
    const require = createRequire(import.meta.url);
    if ((require(join(root, "package.json")) as { name?: string }).name === "ostinato") return { require, root };
  } catch (error) {
    cause = error;
  }
  throw new OstinatoError(
    "Ostinato was bundled, and its native binary and their loader are files of the package that a bundler leaves behind. Keep the package out of " +
      "the bundle: --external:ostinato (esbuild), externals (webpack), external (Rollup, Vite: ssr.external), serverExternalPackages (Next.js). " +
      "Then node_modules/ostinato must be there where the program runs.",
    { code: "ERR_OSTINATO_ADDON", cause },
  );
}

function addonFile(require: NodeJS.Require, root: string): string {
  try {
    return (require("node-gyp-build") as { path: (folder: string) => string }).path(root);
  } catch (cause) {
    throw noAddon(
      `There is no native binary for ${process.platform}-${process.arch} with Node ${process.version}.`,
      root,
      cause,
    );
  }
}

function noAddon(problem: string, root: string, cause: unknown): OstinatoError {
  return new OstinatoError(
    `${problem} Build one from source with "npx cmake-js compile" in ${root} (needs CMake, a C++20 compiler and the headers of Google ` +
      'Highway), or use WebAssembly, where the package has its module (--executor wasm), or the slower executor in plain JavaScript: import { ReferenceExecutor } from "ostinato/reference" (--executor ' +
      "reference on the command line).",
    { code: "ERR_OSTINATO_ADDON", cause },
  );
}
