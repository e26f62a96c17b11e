import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { binaryPath, targets } from "../prebuild/targets.mjs";
import { root, run } from "./run.mjs";

/** Bytes that a user downloads at most. */
const largest = 5_000_000;

/** Packs what would be published; dist and prebuilds must be there. `fault` says what is wrong with the tarball. */
export function pack(place) {
  if (!existsSync(join(root, "dist/index.js"))) throw new Error("dist is missing: npm run build:ts");
  const binaries = targets.filter((target) => existsSync(join(root, binaryPath(target))));
  if (binaries.length === 0) {
    throw new Error("prebuilds is empty: npm run prebuild:all, or npm run prebuild for this platform alone");
  }
  if (!existsSync(join(root, "prebuilds/ostinato.wasm"))) {
    throw new Error("prebuilds/ostinato.wasm is missing: npm run build:wasm");
  }
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", place], { cwd: root });
  const [name] = readdirSync(place).filter((file) => file.endsWith(".tgz"));
  const tarball = join(place, name);
  run("npx", ["--no-install", "publint", "--strict", tarball], { cwd: root });
  const { size } = statSync(tarball);
  const word = `${name}: ${(size / 1e6).toFixed(2)} MB with ${binaries.length} of ${targets.length} binaries`;
  return { tarball, word, fault: size > largest ? `more than ${largest / 1e6} MB` : null };
}
