// Captions of images that the program draws itself: two coloured shapes each, and one right sentence.
//
//   node examples/shapes.mjs [IMAGES [EPOCHS]]      default 3000 images, 14 epochs: some minutes
//
// Or, as a module: drawShapes(random) gives { pixels, caption }.
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { adam, CaptionData, cosine, ImageCaptioner, splitCaptions, Trainer, WordTokenizer } from "ostinato";

const side = 32;
const colours = {
  red: [220, 50, 40],
  green: [50, 180, 70],
  blue: [50, 90, 220],
  yellow: [230, 210, 60],
  purple: [160, 60, 190],
  white: [235, 235, 235],
};
const sizes = { small: 3, big: 5 };
/** Whether a pixel at (dx, dy) from the middle of a shape of half size r belongs to it. */
const shapes = {
  square: (dx, dy, r) => Math.max(Math.abs(dx), Math.abs(dy)) <= r,
  circle: (dx, dy, r) => dx * dx + dy * dy <= r * r + 1,
  triangle: (dx, dy, r) => Math.abs(dy) <= r && Math.abs(dx) <= (dy + r) / 2,
  cross: (dx, dy, r) => Math.max(Math.abs(dx), Math.abs(dy)) <= r && Math.min(Math.abs(dx), Math.abs(dy)) <= r / 3,
};

/** A picture of 32 x 32 pixels of two shapes, and its caption. @param random gives a number from 0 to below 1. */
export function drawShapes(random) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const thing = () => {
    const [size, colour, shape] = [one(Object.keys(sizes)), one(Object.keys(colours)), one(Object.keys(shapes))];
    const r = sizes[size];
    const [x, y] = [0, 0].map(() => r + Math.floor(random() * (side - 2 * r)));
    return { size, colour, shape, r, x, y };
  };
  for (;;) {
    // Named in the order of colours, then of shapes, so that there is one right caption.
    const rank = ({ colour, shape }) => 10 * Object.keys(colours).indexOf(colour) + Object.keys(shapes).indexOf(shape);
    const [a, b] = [thing(), thing()].sort((p, q) => rank(p) - rank(q));
    const [dx, dy] = [a.x - b.x, a.y - b.y];
    const apart = Math.max(Math.abs(dx), Math.abs(dy)) > a.r + b.r;
    if (!apart || rank(a) === rank(b) || Math.abs(Math.abs(dx) - Math.abs(dy)) < 4) continue;
    const relation = Math.abs(dx) > Math.abs(dy) ? (dx < 0 ? "left of" : "right of") : dy < 0 ? "above" : "below";
    const named = ({ size, colour, shape }) => `a ${size} ${colour} ${shape}`;
    const values = new Uint8Array(side * side * 3).fill(30);
    for (const { colour, shape, r, x, y } of [a, b]) {
      for (let i = 0; i < side * side; i++) {
        const isInside = shapes[shape]((i % side) - x, Math.floor(i / side) - y, r);
        if (isInside) values.set(colours[colour], 3 * i);
      }
    }
    return { pixels: { shape: [side, side, 3], values }, caption: `${named(a)} is ${relation} ${named(b)}` };
  }
}

/** The same numbers each time (Mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function main(count, epochs) {
  const random = randomFrom(1);
  const images = Array.from({ length: count }, () => {
    const { pixels, caption } = drawShapes(random);
    return { image: pixels, captions: [caption] };
  });
  const { train, validation } = splitCaptions(images, { validation: 0.1 });
  const text = train.map(({ captions }) => `${captions[0]}\n`).join("");
  const tokenizer = WordTokenizer.fromText(text, { unknown: true });
  const data = await CaptionData.create(train, { tokenizer, batchSize: 50 });
  const model = await ImageCaptioner.create({
    ...{ tokenizer, ...data.shape, convolutions: [32, 64, 64], gridSize: 8, positions: true, doublyStochastic: 0 },
    ...{ hiddenSize: 128, embeddingSize: 64, attentionSize: 64 },
  });
  const optimizer = adam({ learningRate: 0.002 });
  await new Trainer(model, { data, epochs, optimizer, schedule: cosine({ floor: 0.05 }), clipNorm: 1 }).run();
  const { exact, texts } = await model.score(validation, { beams: 3 });
  console.log(`${texts[0]}\n(${validation[0].captions[0]})`);
  console.log(`exact captions of ${validation.length} new images: ${(100 * exact).toFixed(1)} %`);
}

if (realpathSync(process.argv[1] ?? ".") === fileURLToPath(import.meta.url)) {
  const [count = 3000, epochs = 14] = process.argv.slice(2).map(Number);
  await main(count, epochs);
}
