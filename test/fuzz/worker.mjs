/**
 * Tries the mutants whose numbers come, one at a time, and answers each with what went wrong. Whoever sends them looks at the clock
 * and at how this process ends.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [exerciseFile, seedText, seedsFile, memoryText] = process.argv.slice(2);
const largestMemory = Number(memoryText);
const { exercise } = await import(pathToFileURL(exerciseFile).href);
const { mutantOf } = await import("./mutants.mjs");
const { unpackFiles } = await import("./cases.mjs");
const seeds = new Map(
  JSON.parse(readFileSync(seedsFile, "utf8")).map(([name, { files }]) => [name, { files: unpackFiles(files) }]),
);
const folder = mkdtempSync(join(tmpdir(), "ostinato-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("disconnect", () => process.exit());

process.on("message", async ({ number, mutant: kept }) => {
  const mutant = kept
    ? { ...kept, files: unpackFiles(kept.files) }
    : mutantOf(seeds, { seed: Number(seedText), number });
  const place = join(folder, "model");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  for (const [name, bytes] of Object.entries(mutant.files)) writeFileSync(join(place, name), bytes);
  const failures = await exercise(place, mutant, number).catch((error) => [`the fuzzer itself: ${error.stack}`]);
  const memory = Math.max(process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1024);
  if (memory > largestMemory) failures.push(`${(memory / 1e9).toFixed(2)} GB of memory`);
  process.send({ number, failures, spent: memory > largestMemory });
});
process.send({ ready: true });
