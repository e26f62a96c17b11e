import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../prebuild/packages.mjs";
import { run } from "./run.mjs";

const tools = { "@arethetypeswrong/cli": "0.18.5", esbuild: "0.28.2", webpack: "5.113.0", "webpack-cli": "7.3.1" };

/** A folder with the tools that only this test needs, in node_modules. */
export function toolsFolder() {
  const name = Object.entries(tools)
    .map(([tool, version]) => `${tool.replace(/\W+/g, "")}-${version}`)
    .join("_");
  const folder = join(cacheFolder(), `tools_${name}`);
  if (existsSync(folder)) return folder;
  const place = `${folder}.part`;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ private: true, dependencies: tools }));
  run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: place });
  renameSync(place, folder);
  return folder;
}
