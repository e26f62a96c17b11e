// Makes tables of captions and arrays of pixels of the files of shapes-captions:
//
//   node prepare.mjs DATA FOLDER
//
// FOLDER gets, for each part (train, valid, test), PART.npy (images x 32 x 32 x 3 bytes), PART.names.txt and PART.tsv (image, caption).
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../../dist/index.js";

const [data, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node prepare.mjs DATA FOLDER");
await mkdir(folder, { recursive: true });

for (const part of ["train", "valid", "test"]) {
  const captions = (await readFile(join(data, `${part}.tsv`), "utf8")).trim().split("\n");
  const names = captions.map((_, i) => `${part}-${i}.png`);
  const values = new Uint8Array(await readFile(join(data, `${part}.u8`)));
  await writeNpy(join(folder, `${part}.npy`), { shape: [names.length, 32, 32, 3], values });
  await writeFile(join(folder, `${part}.names.txt`), names.map((name) => `${name}\n`).join(""));
  const rows = captions.map((line, i) => `${names[i]}\t${line.split("\t")[0]}\n`);
  await writeFile(join(folder, `${part}.tsv`), rows.join(""));
}
