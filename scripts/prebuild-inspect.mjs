// `node scripts/prebuild-inspect.mjs [targets]`: reads the binaries in prebuilds and says what is wrong with each. Needs no tools, and
// nothing of the platforms that they are for.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { complaints } from "./prebuild/inspect.mjs";
import { binaryPath, chosenTargets } from "./prebuild/targets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Prints a line for each target, and its faults; returns how many targets have some. */
export function inspectTargets(chosen) {
  return chosen.filter((target) => !inspect(target)).length;
}

function inspect(target) {
  const file = join(root, binaryPath(target));
  if (!existsSync(file))
    return say(target, [`${binaryPath(target)} is missing: npm run prebuild:all -- ${target.name}`], "");
  const bytes = readFileSync(file);
  const size = `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} packed`;
  return say(target, complaints(bytes, target), size);
}

function say(target, faults, size) {
  process.stdout.write(`${target.name.padEnd(18)} ${faults.length === 0 ? "right" : "WRONG"}  ${size}\n`);
  for (const fault of faults) process.stdout.write(`  ${fault}\n`);
  return faults.length === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exit(inspectTargets(chosenTargets(process.argv.slice(2))) === 0 ? 0 : 1);
}
