import { WordTokenizer } from "../../../lib/data/wordTokenizer.js";
import type { ExecutorChoice } from "../../../lib/executor/choice.js";
import type { CaptionedImage } from "../../../lib/models/imageCaptioner/captionData.js";
import { ImageCaptioner } from "../../../lib/models/imageCaptioner/imageCaptioner.js";
import { randomSource } from "../../../lib/random/source.js";

export const [rows, columns, channels] = [2, 3, 4];

const things = ["dog", "cat", "bird", "fish"];

/** Images of noise with one thing in one region: the caption says what and on which row. */
export function captioned(count: number, seed = 1): CaptionedImage[] {
  const random = randomSource(seed, "images");
  return Array.from({ length: count }, (_, i) => {
    const values = Float32Array.from({ length: rows * columns * channels }, () => 0.2 * (random.uniform() - 0.5));
    const [thing, region] = [Math.floor(random.uniform() * 4), Math.floor(random.uniform() * rows * columns)];
    values[region * channels + thing] = 2;
    const place = region < columns ? "above" : "below";
    return {
      image: { shape: [rows, columns, channels], values },
      captions: [`a ${things[thing]} ${place}`, `the ${things[thing]} is ${place} here`].slice(0, 1 + (i % 2)),
      name: `image ${i}`,
    };
  });
}

export const tokenizer = WordTokenizer.fromText(
  `${captioned(40)
    .flatMap(({ captions }) => captions)
    .join("\n")}\n`,
  { unknown: true },
);

export function captioner(executor: ExecutorChoice, options: object = {}): Promise<ImageCaptioner> {
  const sizes = { rows, columns, channels, hiddenSize: 12, embeddingSize: 8, attentionSize: 6 };
  return ImageCaptioner.create({ tokenizer, executor, ...sizes, ...options });
}
