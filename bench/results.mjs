import { execFileSync } from "node:child_process";
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

/** The commit that is measured, with a "+" where files have changed since; null outside a repository. */
function commit() {
  try {
    const git = (...words) => execFileSync("git", words, { cwd: folder, encoding: "utf8", stdio: "pipe" }).trim();
    return (
      git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--", "../../lib", "../../native") ? "+" : "")
    );
  } catch {
    return null;
  }
}

/**
 * Puts new rows in the place of those of the same workload and opponent, and new ceilings in the place of the old.
 * @returns the file.
 */
export function keepResults({ machine, ceilings, rows }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${machineSlug(machine)}.json`);
  const known = existsSync(file) ? readResults(file) : { rows: [] };
  const before = known.rows;
  const same = (a, b) => a.workload === b.workload && a.opponent === b.opponent;
  const kept = before.filter((old) => !rows.some((fresh) => same(old, fresh)));
  const run = { ceilings, commit: commit(), date: new Date().toISOString().slice(0, 10) };
  const dated = rows.map((row) => ({ ...row, ...run }));
  const sorted = [...kept, ...dated].sort((a, b) => a.workload.localeCompare(b.workload));
  const content = { machine, ceilings: ceilings ?? known.ceilings ?? null, rows: sorted };
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  return file;
}
