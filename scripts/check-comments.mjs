// Fails on comments that begin with a word under which a reader finds no noun: "What it returns" instead of "The result".
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const beginning = /(?:\/\*\*|\/\/|^\s*\*)\s+(What|Of|Told|Whose)\s/;

/** The lines of a source text that hold such a comment: their numbers, from 1, and the word. */
export function faultsOf(text) {
  return text.split("\n").flatMap((line, i) => {
    const [, word] = beginning.exec(line) ?? [];
    return word === undefined ? [] : [{ line: i + 1, word }];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const folders = ["lib", "native", "test", "scripts", "bench", "examples"];
  const files = execFileSync("git", ["ls-files", "-z", ...folders], { cwd: root, encoding: "utf8" }).split("\0");
  const sources = files.filter((file) => /\.(ts|mjs|cc|h)$/.test(file));
  const complaints = sources.flatMap((file) =>
    faultsOf(readFileSync(join(root, file), "utf8")).map(
      ({ line, word }) => `${file}:${line}: begin with the noun that is documented, or with a verb, not with "${word}"`,
    ),
  );
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
