#!/usr/bin/env node
// prebuildify knows only node-gyp; this answers its call with cmake-js, which leaves the addon at the same place: build/Release of the folder
// that prebuildify works in. OSTINATO_ZIG and OSTINATO_ZIG_TARGET choose zig's compiler and what it compiles for (scripts/zig.cmake).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { OSTINATO_ZIG: zig, OSTINATO_ZIG_TARGET: target } = process.env;
const architecture =
  process.argv.find((argument) => argument.startsWith("--arch="))?.slice("--arch=".length) ?? process.arch;
const out = join(process.cwd(), "build");
const toolchain = target
  ? [
      `--CDCMAKE_TOOLCHAIN_FILE=${join(root, "scripts/zig.cmake")}`,
      `--CDOSTINATO_ZIG=${zig}`,
      `--CDOSTINATO_ZIG_TARGET=${target}`,
      // Where CMake puts a DLL.
      `--CDCMAKE_RUNTIME_OUTPUT_DIRECTORY=${join(out, "Release")}`,
    ]
  : [];
const { status } = spawnSync(
  join(root, "node_modules/.bin/cmake-js"),
  ["build", "--directory", root, "--out", out, "--arch", architecture, "--parallel", "2", ...toolchain],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
