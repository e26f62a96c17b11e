// Makes tables of captions and arrays of features of the files of flickr8k-captions:
//
//   node prepare.mjs DATA FOLDER
//
// FOLDER gets, for each part (train, dev, test), PART.tsv (image, caption), PART.npy (images x 7 x 7 x 128 features) and
// PART.names.txt (the image of each row). Features are divided by their standard deviation. Captions are in lower case, without punctuation.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../../dist/index.js";

const [data, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node prepare.mjs DATA FOLDER");
await mkdir(folder, { recursive: true });

const scaleBytes = await readFile(join(data, "features/scale.f32"));
const scale = Array.from({ length: scaleBytes.length / 4 }, (_, k) => scaleBytes.readFloatLE(4 * k));
/** Of all features of all images. */
const deviation = 2.6;
const captions = new Map();
for (const line of (await readFile(join(data, "Flickr8k.token.txt"), "utf8")).split("\n")) {
  const [place, caption] = line.split("\t");
  if (caption === undefined) continue;
  const name = place.replace(/#\d+$/, "");
  captions.set(name, [...(captions.get(name) ?? []), plain(caption)]);
}

for (const part of ["train", "dev", "test"]) {
  const names = (await readFile(join(data, `features/${part}.images.txt`), "utf8")).trim().split("\n");
  const bytes = await readFile(join(data, `features/${part}.int8`));
  const values = Float32Array.from(bytes, (byte, i) => (((byte << 24) >> 24) * scale[i % scale.length]) / deviation);
  await writeNpy(join(folder, `${part}.npy`), { shape: [names.length, 7, 7, scale.length], values });
  await writeFile(join(folder, `${part}.names.txt`), names.map((name) => `${name}\n`).join(""));
  const rows = names.flatMap((name) => captions.get(name).map((caption) => `${name}\t${caption}\n`));
  await writeFile(join(folder, `${part}.tsv`), rows.join(""));
}

/** Lower case, words only. */
function plain(caption) {
  return caption
    .toLowerCase()
    .replace(/[^a-z0-9' ]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
