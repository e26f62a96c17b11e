// Packages that the maker of binaries needs and users do not: fetched by `npm pack` into a folder of their own, in a fixed version with a
// fixed digest. Nothing of them runs at that time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Folder for what is fetched and compiled: OSTINATO_CACHE, or "ostinato" in the user's cache. */
export function cacheFolder() {
  return process.env.OSTINATO_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ostinato");
}

/** Where a package is unpacked. */
export function folderOf({ name, version }) {
  return join(cacheFolder(), `${name.replace("@", "").replace("/", "-")}-${version}`);
}

/** The folder of an unpacked package; it is fetched first if it is not there. */
export function unpackedPackage({ name, version, integrity }) {
  const folder = folderOf({ name, version });
  if (existsSync(folder)) return folder;
  process.stderr.write(`fetching ${name}@${version} ...\n`);
  mkdirSync(cacheFolder(), { recursive: true });
  const place = mkdtempSync(join(cacheFolder(), "fetching-"));
  try {
    run("npm", ["pack", `${name}@${version}`, "--silent", "--pack-destination", place]);
    const [tarball] = readdirSync(place);
    expectIntegrity(readFileSync(join(place, tarball)), integrity, `${name}@${version}`);
    run("tar", ["-xzf", join(place, tarball), "-C", place]);
    const [unpacked] = readdirSync(place).filter((entry) => entry !== tarball);
    renameSync(join(place, unpacked), folder);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return folder;
}

/** Compares bytes with a digest as package-lock.json has it ("sha512-" and base64). */
export function expectIntegrity(bytes, integrity, name) {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found === integrity) return;
  throw new Error(`${name} is not the package that was checked: its digest is ${found}, expected ${integrity}.`);
}

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr}`);
}
