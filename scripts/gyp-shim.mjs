#!/usr/bin/env node
// prebuildify knows only node-gyp; this answers its call with cmake-js, which leaves the addon at the same place.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const architecture =
  process.argv.find((argument) => argument.startsWith("--arch="))?.slice("--arch=".length) ?? process.arch;
const cmakeJs = fileURLToPath(new URL("../node_modules/.bin/cmake-js", import.meta.url));
const { status } = spawnSync(cmakeJs, ["compile", "--arch", architecture, "--parallel", "2"], { stdio: "inherit" });
process.exit(status ?? 1);
