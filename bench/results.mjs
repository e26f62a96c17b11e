import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineSlug } from "./machine.mjs";

const folder = fileURLToPath(new URL("results", import.meta.url));

export function resultFiles() {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".json"))
        .map((file) => join(folder, file))
    : [];
}

export function readResults(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Puts new rows in the place of those of the same workload and opponent, and returns the file. */
export function keepResults({ machine, rows }) {
  const file = join(folder, `${machineSlug(machine)}.json`);
  const before = existsSync(file) ? readResults(file).rows : [];
  const same = (a, b) => a.workload === b.workload && a.opponent === b.opponent;
  const kept = before.filter((old) => !rows.some((fresh) => same(old, fresh)));
  const sorted = [...kept, ...rows].sort((a, b) => a.workload.localeCompare(b.workload));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ machine, rows: sorted }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  return file;
}
