/** Names of Node's modules and of packages that the file for browsers leaves out. */
import { absentError } from "../absent.js";

function missing(what: string, advice: string): (...values: unknown[]) => never {
  return () => {
    throw absentError(what, advice);
  };
}

const node = 'Call it in Node, from "ostinato".';

export const Worker = missing("there are no threads of Node", node);
export const createRequire = missing("there are no packages to look for", node);
export const fileURLToPath = missing("there are no files of the package", node);
export const deserialize = missing("several processes cannot train together", node);
export const serialize = deserialize;
export const createGunzip = missing("files of gzip are not read", "Give the file unpacked.");
export const createGzip = missing("files of gzip are not written", "Choose a name without .gz.");
export const PCA = missing("a map of vectors is not drawn", node);

const tables = missing(
  "CSV is not read",
  "Give the rows as arrays, or a table with tabs (.tsv) or lines of JSON (.jsonl).",
);
export const parse = tables;
export const pipeline = tables;
export const Readable = { from: tables };
export class CsvError extends Error {}

const pictures = "images are not coded";
const pixels =
  "Draw it on a canvas, and give its pixels: { shape: [height, width, 3], values } with red, green and blue of each.";
export const PNG = { sync: { read: missing(pictures, pixels), write: missing(pictures, pixels) } };
export const decodePicture = missing(pictures, pixels);
export default { decode: decodePicture, encode: missing(pictures, pixels) };
