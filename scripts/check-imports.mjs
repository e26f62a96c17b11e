// Reads the table of allowed imports in ARCHITECTURE.md and fails on any other import, so that the page cannot lie.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function allowedImports() {
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const rows = [...page.matchAll(/^\| (lib\/[\w./]+) \|(.*)\|$/gm)];
  if (rows.length === 0) throw new Error("ARCHITECTURE.md holds no table of allowed imports");
  return new Map(
    rows.map(([, folder, cell]) => [
      folder,
      cell
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ]),
  );
}

const allowed = allowedImports();
const places = [...allowed.keys()].sort((a, b) => b.length - a.length);
const placeOf = (file) => places.find((place) => file === place || file.startsWith(`${place}/`));

const problems = [];
for (const place of places)
  if (!existsSync(join(root, place))) problems.push(`${place} is in the table and not in the tree`);

for (const entry of readdirSync(join(root, "lib"), { recursive: true })) {
  const file = join("lib", entry);
  if (!file.endsWith(".ts") || !statSync(join(root, file)).isFile()) continue;
  const from = placeOf(file);
  if (!from) problems.push(`${file} is in no row of the table`);
  const source = readFileSync(join(root, file), "utf8");
  for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const target = relative(root, join(root, dirname(file), specifier)).replace(/\.js$/, ".ts");
    const to = placeOf(target);
    if (from === undefined || to === from || (to !== undefined && allowed.get(from).includes(to))) continue;
    problems.push(`${file} imports ${target}: ${from} may not import ${to ?? "it"}`);
  }
}

for (const problem of problems) process.stderr.write(`check-imports: ${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);
