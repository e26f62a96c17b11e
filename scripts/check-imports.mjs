// Reads the tables of allowed imports in ARCHITECTURE.md and fails on any other import or #include, so that the page cannot lie.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The page's tables: rows by folder or file, rows by what is from outside, and the files that run in a browser. */
function tablesOf(page) {
  const rows = [...page.matchAll(/^\| ([^|]+) \|([^|]*)\|$/gm)].map(([, name, cell]) => ({
    name,
    cell: cell.split(",").map((entry) => entry.trim()),
  }));
  const entries = (keys, cell) => keys.map((key) => [key, cell.filter(Boolean)]);
  const allowed = new Map(rows.flatMap(({ name, cell }) => entries(name.match(/^(lib|native)\/\S+/g) ?? [], cell)));
  const outside = new Map(rows.flatMap(({ name, cell }) => entries(name.match(/(?<=`)[^`,]+(?=`)/g) ?? [], cell)));
  const sentence = /Nothing that (`.+`) reaches/.exec(page)?.[1] ?? "";
  const portable = [...sentence.matchAll(/`([^`]+)`/g)].map(([, file]) => file);
  if (allowed.size === 0 || outside.size === 0 || portable.length === 0)
    throw new Error("ARCHITECTURE.md lacks a table of allowed imports, or the files that import nothing from outside");
  return { allowed, outside, portable };
}

/** The folders or files that a name of the table stands for: all in the tree, without rows of their own, where it is lib/models/<kind>. */
function placesNamed(name, { root, rows }) {
  if (!name.includes("<")) return [name];
  const [folder, end] = name.split(/<\w+>/);
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => (end === "" ? entry.isDirectory() : entry.name.endsWith(end)))
    .map((entry) => `${folder}${entry.name}`)
    .filter((place) => !rows.has(place));
}

/** The rows of a table for each folder or file that they are for. */
function expanded(rows, root) {
  const named = (name) => placesNamed(name, { root, rows });
  return new Map([...rows].flatMap(([name, cell]) => named(name).map((place) => [place, cell.flatMap(named)])));
}

/** The innermost of these folders or files that holds the file. */
function placeIn(places, file) {
  const holders = places.filter((place) => file === place || file.startsWith(`${place}/`));
  return holders.sort((a, b) => b.length - a.length)[0];
}

/** Where something from outside may be imported: the row of its name, or of its beginning up to a colon or slash. */
function placesOf(outside, name) {
  const begins = (key) => name.startsWith(/[:/]$/.test(key) ? key : `${key}/`);
  return outside.get([...outside.keys()].find((key) => name === key || begins(key)));
}

/** Imports as TypeScript's own scanner finds them, so that comments and strings do not count. */
function importsOf(file, source) {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith(".")) return { from: fileName };
    return { file: join(dirname(file), fileName).replace(/\.js$/, ".ts") };
  });
}

/** Includes, which begin at native; headers of the system and of C++ do not count. */
function includesOf(source, root, outside) {
  return [...source.matchAll(/^\s*#\s*include\s*(["<])([^">]+)/gm)].flatMap(([, quote, name]) => {
    if (quote === '"' && existsSync(join(root, "native", name))) return [{ file: `native/${name}` }];
    return quote === '"' || placesOf(outside, name) ? [{ from: name }] : [];
  });
}

/** Each file of lib and native with what it imports. */
function importGraph(root, { outside }) {
  const graph = new Map();
  for (const folder of ["lib", "native"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (!/\.(ts|cc|h)$/.test(entry)) continue;
      const file = join(folder, entry);
      const source = readFileSync(join(root, file), "utf8");
      graph.set(file, entry.endsWith(".ts") ? importsOf(file, source) : includesOf(source, root, outside));
    }
  }
  return graph;
}

/** Imports that no row allows. */
function* forbidden(graph, { allowed, outside }) {
  for (const [file, targets] of graph) {
    const place = placeIn([...allowed.keys()], file);
    if (!place) yield `${file} is in no row of the table`;
    for (const target of targets) {
      if (target.from !== undefined) {
        if (!placeIn(placesOf(outside, target.from) ?? [], file))
          yield `${file} imports ${target.from}, which no row allows there`;
        continue;
      }
      const other = placeIn([...allowed.keys()], target.file);
      if (place && other !== place && !allowed.get(place).includes(other))
        yield `${file} imports ${target.file}: ${place} may not import ${other ?? "it"}`;
    }
  }
}

/** Circles in what is allowed, each once. */
function* circles(allowed, place, way = [], done = new Set()) {
  if (way.includes(place)) yield `the table is a circle: ${[...way.slice(way.indexOf(place)), place].join(" -> ")}`;
  if (done.has(place)) return;
  done.add(place);
  for (const next of allowed.get(place) ?? []) yield* circles(allowed, next, [...way, place], done);
}

/** Ways from a file to something from outside. */
function* leaks(graph, portable) {
  const ways = [[portable]];
  const reached = new Set(ways[0]);
  for (const way of ways) {
    for (const { file, from } of graph.get(way.at(-1)) ?? []) {
      if (from !== undefined) yield `${portable} reaches ${from}: ${[...way, from].join(" -> ")}`;
      if (file === undefined || reached.has(file)) continue;
      reached.add(file);
      ways.push([...way, file]);
    }
  }
}

/** The faults in the imports of the project in a folder, a sentence each. */
export function problemsOf(root) {
  const { outside, portable, allowed: rows } = tablesOf(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"));
  const allowed = expanded(rows, root);
  const tables = { allowed, outside };
  const graph = importGraph(root, tables);
  const places = [...portable, ...allowed.keys(), ...[...allowed.values(), ...outside.values()].flat()];
  const missing = [...new Set(places)].filter((place) => !existsSync(join(root, place)));
  const done = new Set();
  return [
    ...missing.map((place) => `${place} is in the table and not in the tree`),
    ...[...allowed.keys()].flatMap((place) => [...circles(allowed, place, [], done)]),
    ...forbidden(graph, tables),
    ...portable.flatMap((file) => [...leaks(graph, file)]),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = problemsOf(fileURLToPath(new URL("..", import.meta.url)));
  for (const problem of problems) process.stderr.write(`check-imports: ${problem}\n`);
  process.exit(problems.length === 0 ? 0 : 1);
}
