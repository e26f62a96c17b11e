// Writes dist/packed/browser.js: "ostinato/browser", one file that imports nothing. Modules of Node are files in memory and other small
// modules of dist/browser/node there, or packages that do the same; modules of ours that are about processes and binaries are those of
// dist/browser/instead. Beside it lie the licences of the packages.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

/** Modules of Node, and packages that need them, by the module that takes their place. */
const places = {
  buffer: ["node:buffer"],
  files: ["node:fs"],
  filesPromises: ["node:fs/promises"],
  hashes: ["node:crypto"],
  system: ["node:os"],
  timers: ["node:timers/promises"],
  absent: [
    "node:module",
    "node:stream",
    "node:url",
    "node:v8",
    "node:worker_threads",
    "node:zlib",
    "csv-parse",
    "csv-parse/sync",
    "jpeg-js",
    "ml-pca",
    "pngjs",
  ],
};

/** Packages that do what a module of Node does. */
const packages = { "node:events": "events", "node:path": "path-browserify" };

/** @param root of the project, whose dist is compiled. */
export async function packBrowser(root) {
  const dist = join(root, "dist");
  const own = (name) => join(dist, "browser/node", `${name}.js`);
  const place = new Map(
    Object.entries(places).flatMap(([name, modules]) => modules.map((module) => [module, own(name)])),
  );
  const replaced = join(dist, "browser/instead");
  const instead = new Map(
    readdirSync(replaced, { recursive: true })
      .filter((file) => file.endsWith(".js"))
      .map((file) => [join(dist, file), join(replaced, file)]),
  );
  const globals = { Buffer: [own("buffer"), "Buffer"], process: [own("system"), "process"] };
  const bundle = await rolldown({
    input: { browser: join(dist, "browser.js") },
    platform: "browser",
    plugins: [
      {
        name: "browser",
        resolveId(name, importer) {
          if (place.has(name)) return place.get(name);
          if (Object.hasOwn(packages, name)) return this.resolve(packages[name], importer);
          if (name.startsWith("node:"))
            throw new Error(`${importer} imports ${name}, which scripts/pack-browser.mjs has no place for.`);
          return instead.get(resolve(importer ?? "", "..", name));
        },
      },
    ],
    transform: { target: "es2022", inject: globals },
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  const { output } = await bundle.write({
    file: join(dist, "packed/browser.js"),
    format: "esm",
    minify: true,
    keepNames: true,
    comments: false,
    codeSplitting: false,
  });
  await bundle.close();
  writeFileSync(join(dist, "packed/browser.licenses.txt"), licensesOf(output[0].moduleIds));
}

/** The licences of the packages that modules come from: each asks to go along with its code. */
function licensesOf(modules) {
  const folders = modules.map((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id.replaceAll("\\", "/"))?.[0]);
  return [...new Set(folders.filter(Boolean))]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join("\n---\n\n");
}
