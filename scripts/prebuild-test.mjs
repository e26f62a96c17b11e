// `npm run prebuild:test [-- targets]`: runs the binaries in prebuilds where this machine can: natively, under musl, arm64 under qemu, Windows
// under wine. Each trains, writes and computes in workers (prebuild/smoke.mjs), and must agree with the reference in TypeScript. Says what
// it could not run.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnersOf } from "./prebuild/runners.mjs";
import { binaryPath, chosenTargets } from "./prebuild/targets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const library = join(root, "dist/index.js");

/** Prints a line for each system that a target is for; returns how many targets failed. */
export function testTargets(chosen) {
  const place = mkdtempSync(join(tmpdir(), "ostinato-prebuild-"));
  try {
    const expected = smoke({ command: [process.execPath] }, "reference", place);
    if (expected.problem) throw new Error(`The reference executor fails:\n${expected.problem}`);
    return chosen.filter((target) => !testTarget(target, expected.result, place)).length;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function testTarget(target, expected, place) {
  const say = (word, more) => process.stdout.write(`${target.name.padEnd(18)} ${word.padEnd(8)} ${more}\n`);
  if (!existsSync(join(root, binaryPath(target)))) {
    say("MISSING", `npm run prebuild:all -- ${target.name}`);
    return false;
  }
  let right = true;
  for (const runner of runnersOf(target)) {
    if (runner.skipped) {
      say("not run", runner.skipped);
      continue;
    }
    const { result, problem } = smoke(runner, "native", place);
    const faults = problem ? [problem] : differences(result, expected);
    if (faults.length === 0) say("right", `${runner.how}, kernels ${result.kernels}`);
    else say("WRONG", `${runner.how}: ${faults.join("; ")}`);
    right &&= faults.length === 0;
  }
  return right;
}

/** Outputs go to files, as wine's programs cannot write to pipes. */
function smoke({ command, env }, executor, place) {
  const [resultFile, outputFile] = [join(place, "result.json"), join(place, "output.txt")];
  rmSync(resultFile, { force: true });
  const output = openSync(outputFile, "w");
  const script = join(root, "scripts/prebuild/smoke.mjs");
  const { status, signal, error } = spawnSync(
    command[0],
    [...command.slice(1), script, library, resultFile, executor],
    {
      stdio: ["ignore", output, output],
      // Only what is in prebuilds, not what was built for development.
      env: { ...process.env, PREBUILDS_ONLY: "1", ...env },
      timeout: 600_000,
    },
  );
  closeSync(output);
  if (error) return { problem: error.message };
  if (status !== 0) return { problem: `it ends with ${signal ?? status}:\n${readFileSync(outputFile, "utf8")}` };
  return { result: JSON.parse(readFileSync(resultFile, "utf8")) };
}

/** Faults of what a binary computed; sums of losses agree to single precision. */
function differences(result, expected) {
  const faults = [];
  if (!(Math.abs(result.sum - expected.sum) < 1e-4))
    faults.push(`losses sum to ${result.sum}, expected ${expected.sum}`);
  if (result.written !== expected.written) faults.push(`it writes "${result.written}", expected "${expected.written}"`);
  if (result.refused !== "ERR_OSTINATO_OPTION") faults.push(`an error of C++ arrives as ${result.refused}`);
  if (result.workers.join() !== "ended,terminated,ended") faults.push(`workers: ${result.workers.join()}`);
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exit(testTargets(chosenTargets(process.argv.slice(2))) === 0 ? 0 : 1);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
