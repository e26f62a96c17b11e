import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Mutants that failed once. Each run tries them first. */
export const casesFolder = join(import.meta.dirname, "cases");

/** All kept mutants, by the names of their files. */
export function keptCases() {
  const names = readdirSync(casesFolder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => ({ name, mutant: JSON.parse(readFileSync(join(casesFolder, name), "utf8")) }));
}

/** Keeps a mutant. @returns its file. */
export function keepCase(folder, name, { seed, files, changed }, failures) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  // Without the stacks, which name places of this machine.
  const reasons = failures.map((failure) => failure.split("\n")[0]);
  writeFileSync(file, `${JSON.stringify({ failures: reasons, seed, changed, files: packFiles(files) }, null, 2)}\n`);
  return file;
}

/** Files as text where they are UTF-8, else as base64, so that people can read a case. */
export function packFiles(files) {
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => {
      const text = bytes.toString("utf8");
      return [name, Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") }];
    }),
  );
}

/** The opposite. */
export function unpackFiles(files) {
  return Object.fromEntries(
    Object.entries(files).map(([name, { text, base64 }]) => [
      name,
      Buffer.from(text ?? base64, text === undefined ? "base64" : "utf8"),
    ]),
  );
}
