// The share of the attention that lies on the object that is being named:
//
//   node attention.mjs MODEL DATA FOLDER
//
// DATA holds test.tsv with the places of both objects, FOLDER what prepare.mjs made. For each word of colour or shape: the weight of
// the regions within the object's box and 2 pixels around it, a region counted by the share of its pixels in there.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageCaptioner, ImageSet } from "../../dist/index.js";

const [folder, data, prepared] = process.argv.slice(2);
if (prepared === undefined) throw new Error("usage: node attention.mjs MODEL DATA FOLDER");
const model = await ImageCaptioner.load(folder);
const lines = (await readFile(join(data, "test.tsv"), "utf8")).trim().split("\n");
const set = await ImageSet.open(join(prepared, "test.npy"));
const images = await Promise.all(lines.map((_, i) => set.image(`test-${i}.png`)));
const captions = await model.caption(images, { beams: 3 });

const things = /^(red|green|blue|yellow|purple|white|square|circle|triangle|cross)$/;
let [share, words, exact] = [0, 0, 0];
for (const [i, { text, hypotheses, grid }] of captions.entries()) {
  const [caption, ...places] = lines[i].split("\t");
  if (text === caption) exact++;
  const boxes = places.map((place) => place.split(",").map(Number));
  // a SIZE COLOUR SHAPE is RELATION ... a SIZE COLOUR SHAPE
  const first = hypotheses[0].tokens.indexOf("is");
  for (const [t, token] of hypotheses[0].tokens.entries()) {
    if (!things.test(token)) continue;
    share += shareIn(boxes[t < first ? 0 : 1], hypotheses[0].attention[t], grid);
    words++;
  }
}
console.log(`exact captions ${((100 * exact) / lines.length).toFixed(1)} %, attention on the named object ${((100 * share) / words).toFixed(1)} %`);

function shareIn([x, y, r], weights, { rows, columns }) {
  const inside = (from, to, centre) => Math.max(0, Math.min(to, centre + r + 3) - Math.max(from, centre - r - 2)) / (to - from);
  let sum = 0;
  for (const [s, weight] of weights.entries()) {
    const [row, column] = [Math.floor(s / columns), s % columns];
    const [high, wide] = [32 / rows, 32 / columns];
    sum += weight * inside(row * high, (row + 1) * high, y) * inside(column * wide, (column + 1) * wide, x);
  }
  return sum;
}
