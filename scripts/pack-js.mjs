// Writes dist/packed: the modules of dist in a few files, which the package runs from. Hundreds of small files take a second to load.
// Files of dist/packed lie flat, as deep as dist/cli and dist/executor do: a path relative to a module of those is right in both.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { packBrowser } from "./pack-browser.mjs";

/** Names of files that are loaded from outside, and their modules. */
export const entries = {
  index: "index",
  main: "cli/main",
  pictureWorker: "formats/pictureWorker",
  reference: "reference",
  wasm: "wasm",
};

/** @param root of the project, whose dist is compiled. */
export async function packJavaScript(root) {
  const dist = join(root, "dist");
  const input = Object.fromEntries(Object.entries(entries).map(([name, module]) => [name, join(dist, `${module}.js`)]));
  const bundle = await rolldown({
    input,
    // Not "node": rolldown's own part would import node:module, and the files for browsers would not load there.
    platform: "neutral",
    external: /^[^./]/,
    transform: { target: "esnext" },
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  rmSync(join(dist, "packed"), { recursive: true, force: true });
  await bundle.write({
    dir: join(dist, "packed"),
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    comments: false,
  });
  await bundle.close();
  await packBrowser(root);
  chmodSync(join(dist, "packed/main.js"), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await packJavaScript(fileURLToPath(new URL("..", import.meta.url)));
