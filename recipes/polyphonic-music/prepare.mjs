// Makes sequences of frames of the files of polyphonic-music (MATLAB 5, of Bai et al. 2018):
//
//   node prepare.mjs FILE.mat FOLDER
//
// FOLDER gets train.safetensors, valid.safetensors and test.safetensors, with a tensor [T,88] of zeros and ones for each piece: which of
// the 88 keys of a piano are down. https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf describes what is read.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { writeSafetensors } from "../../dist/formats/index.js";

const [file, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node prepare.mjs FILE.mat FOLDER");
await mkdir(folder, { recursive: true });

const variables = new Map();
for (const { type, data } of elements((await readFile(file)).subarray(128))) {
  if (type === kinds().matrix) variables.set(...namedMatrix(data));
}
for (const part of ["train", "valid", "test"]) {
  const pieces = variables.get(`${part}data`);
  const digits = String(pieces.length - 1).length;
  const tensors = pieces.map((piece, n) => ({ name: String(n).padStart(digits, "0"), ...piece }));
  await writeSafetensors(join(folder, `${part}.safetensors`), { tensors });
  console.log(`${part}: ${pieces.length} pieces, ${pieces.reduce((sum, { shape }) => sum + shape[0], 0)} frames`);
}

/** The types of data elements that are met. */
function kinds() {
  return { matrix: 14, compressed: 15 };
}

/** The data elements of a file or of another element. */
function* elements(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const word = bytes.readUInt32LE(at);
    const small = word >>> 16;
    const [type, length, start] = small ? [word & 0xffff, small, at + 4] : [word, bytes.readUInt32LE(at + 4), at + 8];
    const data = bytes.subarray(start, start + length);
    if (type === kinds().compressed) yield* elements(inflateSync(data));
    else yield { type, data };
    at = small || type === kinds().compressed ? start + (small ? 4 : length) : start + Math.ceil(length / 8) * 8;
  }
}

/** The name and content of a matrix: of cells a list, of numbers zeros and ones by rows. */
function namedMatrix(bytes) {
  const [flags, dimensions, name, ...parts] = elements(bytes);
  const cells = (flags.data[0] & 0xff) === 1;
  const [rows, columns] = [dimensions.data.readInt32LE(0), dimensions.data.readInt32LE(4)];
  if (cells) return [name.data.toString(), parts.map(({ data }) => namedMatrix(data)[1])];
  const numbers = numbersOf(parts[0]);
  const values = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) values[r * columns + c] = numbers[c * rows + r];
  return [name.data.toString(), { shape: [rows, columns], values }];
}

function numbersOf({ type, data }) {
  if (type === 2) return data;
  if (type === 9) return Float64Array.from({ length: data.length / 8 }, (_, i) => data.readDoubleLE(8 * i));
  throw new Error(`expected numbers of type 2 (uint8) or 9 (double), got ${type}`);
}
