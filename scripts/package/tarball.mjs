// `node scripts/package/tarball.mjs [FOLDER]`: packs the project of the working directory as it is published, into FOLDER (default "."). npm's
// tarball is compressed once more, by Zopfli: a minute's work for 4 % less, which every user downloads.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { gzipAsync } from "@gfx/zopfli";

/** More of them find some hundred bytes. */
const iterations = 5;

/** Returns the path of the tarball. */
export async function writeTarball(root, place) {
  mkdirSync(place, { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", place],
    { cwd: root, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  const [{ filename }] = JSON.parse(stdout);
  const file = join(place, filename);
  const tar = gunzipSync(readFileSync(file));
  const packed = Buffer.from(await gzipAsync(tar, { numiterations: iterations }));
  if (!gunzipSync(packed).equals(tar)) throw new Error("Zopfli's tarball holds something else than npm's.");
  writeFileSync(file, packed);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const place = resolve(process.argv[2] ?? ".");
  process.stdout.write(`${await writeTarball(process.cwd(), place)}\n`);
}
