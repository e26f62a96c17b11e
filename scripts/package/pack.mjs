import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { binaryPath, targets } from "../prebuild/targets.mjs";
import { root, run } from "./run.mjs";
import { writeTarball } from "./tarball.mjs";

/** Bytes that a user downloads at most. */
const largest = 5_000_000;

/** Packs what would be published; dist and prebuilds must be there. `fault` says what is wrong with the tarball. */
export async function pack(place) {
  if (!existsSync(join(root, "dist/index.js"))) throw new Error("dist is missing: npm run build:ts");
  const binaries = targets.filter((target) => existsSync(join(root, binaryPath(target))));
  if (binaries.length === 0) {
    throw new Error("prebuilds is empty: npm run prebuild:all, or npm run prebuild for this platform alone");
  }
  expectNoOthers();
  if (!existsSync(join(root, "prebuilds/ostinato.wasm"))) {
    throw new Error("prebuilds/ostinato.wasm is missing: npm run build:wasm");
  }
  const tarball = await writeTarball(root, place);
  run("npx", ["--no-install", "publint", "--strict", tarball], { cwd: root });
  const { size } = statSync(tarball);
  const word = `${basename(tarball)}: ${(size / 1e6).toFixed(2)} MB with ${binaries.length} of ${targets.length} binaries`;
  return { tarball, word, fault: size > largest ? `more than ${largest / 1e6} MB` : null };
}

/** Refuses files in prebuilds that nobody made for this package: node-gyp-build might take one for the binary. */
function expectNoOthers() {
  const ours = ["ostinato.wasm", ...targets.map((target) => binaryPath(target).replace("prebuilds/", ""))];
  const found = readdirSync(join(root, "prebuilds"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(join(root, "prebuilds"), join(parentPath, name)));
  const others = found.filter((file) => !ours.includes(file.replaceAll("\\", "/")));
  if (others.length > 0) throw new Error(`prebuilds holds files of something else; remove them: ${others.join(", ")}`);
}
