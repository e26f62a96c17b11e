import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a command to its end and returns what it printed; throws what it said where it fails. */
export function run(command, args, { cwd, env = {} }) {
  // Both streams in one, in their order.
  const place = mkdtempSync(join(tmpdir(), "ostinato-run-"));
  const file = join(place, "output");
  const output = openSync(file, "w");
  try {
    const { status, signal, error } = spawnSync(command, args, {
      cwd,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
      timeout: 900_000,
    });
    if (error) throw new Error(`${command} could not be started: ${error.message}`);
    const printed = readFileSync(file, "utf8");
    if (status === 0) return printed;
    throw new Error(`${command} ${args.join(" ")} ends with ${signal ?? status}:\n${printed.slice(-3000)}`);
  } finally {
    closeSync(output);
    rmSync(place, { recursive: true, force: true });
  }
}

/** A project of somebody's, with nothing in it. */
export function writeProject(folder, more = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name: "somebodys-app", version: "1.0.0", private: true, type: "module", ...more }, null, 2)}\n`,
  );
}

export function installByNpm(folder, tarball) {
  writeProject(folder);
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], { cwd: folder });
}

/** A program of ours, run by `command` in a folder in which the package is installed. */
export function runThere(command, folder, program, { args = [], env } = {}) {
  const name = basename(program);
  copyFileSync(join(root, program), join(folder, name));
  run(command[0], [...command.slice(1), name, ...args], { cwd: folder, env });
}

/** Trains, writes and computes in workers with the package that `command` resolves in a folder. */
export function smoke(command, folder, { env } = {}) {
  const resultFile = join(folder, "result.json");
  runThere(command, folder, "scripts/prebuild/smoke.mjs", { args: ["ostinato", resultFile, "native"], env });
  const { sum, workers } = JSON.parse(readFileSync(resultFile, "utf8"));
  if (!(Math.abs(sum - 92.96841) < 1e-4)) throw new Error(`losses sum to ${sum}, expected 92.96841`);
  if (workers.join() !== "ended,terminated,ended") throw new Error(`workers: ${workers.join()}`);
}
