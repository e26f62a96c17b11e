import { createHash } from "node:crypto";
import type { SentenceMarks, Tokenizer } from "../../data/index.js";
import { sentenceMarks, tokenizerRule } from "../../data/index.js";
import { counted, describe, InputError } from "../../errors.js";
import type { NumberArray } from "../../formats/index.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, completeOptions, option, seed, table, whole, word } from "../../options.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import type { FittingExamples } from "../exampleBatches.js";
import { ExampleBatches, fittingExamples } from "../exampleBatches.js";
import { inPlace } from "../inPlace.js";
import { inTurns } from "../inTurns.js";
import { paddedLength } from "../sideBySide.js";
import { fingerprint } from "../tokenizerIdentity.js";
import type { GridShape } from "./grid.js";
import { copyGrid, gridShapeOf, gridText } from "./grid.js";

/** An image with its captions. */
export interface CaptionedImage {
  /** Pixels as bytes, 0 to 255, or features: [rows,columns,channels], [regions,channels] or [channels]. */
  readonly image: NumberArray;
  readonly captions: readonly string[];
  /** For messages and lists. Default: its place among the images. */
  readonly name?: string;
  /** Where each caption stands, for messages: "captions.tsv, line 12". Default: the image's name. */
  readonly places?: readonly string[];
}

/** Sizes of a batch that its program depends on. */
export interface ImageCaptionerForm extends GridShape {
  T: number;
  B: number;
  /** Fingerprint of the tokenizer. */
  made?: string;
}

/** The options of captioned images. */
export const captionRules = table("CaptionData", {
  /** The tokenizer of the captions. */
  tokenizer: tokenizerRule,
  /** B: captions that are read side by side. Default 64. */
  batchSize: option(whole({ minimum: 1, initial: 64 }), { aka: ["batch", "bsz"] }),
  /** Tokens that a caption may have. Default 50. */
  maximumLength: option(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, initial: 50 }), {
    aka: ["max_length", "max_len"],
  }),
  /** Rule for a longer caption: "refuse" it with an error, or "skip" it. Default refuse. */
  long: option(word(["refuse", "skip"], "refuse"), { aka: ["truncation"] }),
  /** Seed for the order of the captions. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what is measured: in order. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of CaptionData. @interface */
export type CaptionDataOptions = OptionsOf<typeof captionRules>;

/** One caption as tokens, with the number of its image, and its own among those of the image. */
interface Encoded {
  readonly image: number;
  readonly caption: number;
  readonly tokens: Int32Array;
}

/** Images with captions as batches for an ImageCaptioner: an image comes as often as it has captions. */
export class CaptionData implements TrainingData<ImageCaptionerForm> {
  readonly divisible = true;
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  /** Images, of any number of captions. */
  readonly images: number;
  /** Captions in one epoch. */
  readonly captions: number;
  /** Captions that were too long, and left out. */
  readonly skipped: number;
  /** The size of every image. */
  readonly shape: GridShape;
  readonly #images: readonly CaptionedImage[];
  readonly #batches: ExampleBatches<Encoded>;
  readonly #marks: SentenceMarks;
  readonly #options: Completed<typeof captionRules>;

  private constructor(
    images: readonly CaptionedImage[],
    { kept: captions, skipped }: FittingExamples<Encoded>,
    options: Completed<typeof captionRules>,
  ) {
    const { batchSize, seed, role, tokenizer } = options;
    this.#images = images;
    // Each ends with the token of the end.
    const lengthOf = ({ tokens }: Encoded) => tokens.length + 1;
    this.#batches = new ExampleBatches(captions, { noun: "caption", lengthOf, batchSize, seed, role });
    this.#options = options;
    this.#marks = sentenceMarks(tokenizer);
    this.role = role;
    this.images = images.length;
    this.captions = captions.length;
    this.skipped = skipped;
    this.shape = gridShapeOf((images[0] as CaptionedImage).image, "image 1");
    this.length = this.#batches.length;
    this.identity = `${captions.length} captions of ${images.length} images in batches of ${batchSize}, seed ${seed}`;
  }

  /**
   * @throws InputError for a caption that has what the vocabulary lacks, has no tokens, or is too long, and for an image that is none
   *   or of another size than the others: it names the place.
   */
  static async create(images: readonly CaptionedImage[], options: CaptionDataOptions): Promise<CaptionData> {
    const complete = completeOptions("CaptionData", options, captionRules);
    const { tokenizer, maximumLength, long, signal } = complete;
    expectCaptioned("CaptionData", images);
    const encoded = await inTurns(images, (image, i) => encodedOf(image, i, images.length, tokenizer), signal);
    const place = ({ image, caption }: Encoded) =>
      placeOf(images[image] as CaptionedImage, image, images.length, caption);
    const fitting = fittingExamples(encoded.flat(), {
      maximumLength,
      long,
      noun: "caption",
      lengthOf: ({ tokens }) => tokens.length,
      tooLong: (caption) =>
        new InputError(
          `${place(caption)}: the caption has ${counted(caption.tokens.length, "token")}, and at most ${maximumLength} are allowed. ` +
            'Raise the maximum length, or have long captions skipped (long: "skip"; --long skip).',
        ),
    });
    return new CaptionData(images, fitting, complete);
  }

  async digest(): Promise<string> {
    const hash = createHash("sha256");
    await inTurns(
      this.#images,
      ({ image: { values } }) => void hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      undefined,
    );
    return this.#batches.digest(
      (own, { image, tokens }) => own.update(Int32Array.of(image, tokens.length)).update(tokens),
      hash,
    );
  }

  *batches(epoch: number, from = 0): Generator<Batch<ImageCaptionerForm>, void, undefined> {
    for (const { examples } of this.#batches.inEpoch(epoch, from)) yield this.#batch(examples);
  }

  #batch(captions: readonly Encoded[]): Batch<ImageCaptionerForm> {
    const B = captions.length;
    const longest = captions.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
    const T = paddedLength(longest + 1);
    const { begin, end } = this.#marks;
    const inputs = new Int32Array(T * B).fill(begin);
    const targets = new Int32Array(T * B).fill(-1);
    for (const [b, { tokens }] of captions.entries()) {
      for (const [t, token] of tokens.entries()) {
        targets[t * B + b] = token;
        inputs[(t + 1) * B + b] = token;
      }
      targets[tokens.length * B + b] = end;
    }
    return {
      form: { T, B, ...this.shape, made: fingerprint(this.#options.tokenizer) },
      feeds: {
        images: imagesSideBySide(captions.map(({ image }) => this.#images[image] as CaptionedImage)),
        inputs,
        targets,
        lengths: Int32Array.from(captions, ({ tokens }) => tokens.length + 1),
      },
      tokens: captions.reduce((sum, { tokens }) => sum + tokens.length + 1, 0),
    };
  }
}

/** Images of one size as [B,rows,columns,channels]. */
export function imagesSideBySide(images: readonly Pick<CaptionedImage, "image" | "name">[]): Float32Array {
  const size = images[0]?.image.values.length ?? 0;
  const together = new Float32Array(images.length * size);
  for (const [b, { image, name }] of images.entries()) copyGrid(image, together, b * size, name ?? `image ${b + 1}`);
  return together;
}

/** @throws InputError unless all are images of one size. @returns the size. */
export function expectImages(
  owner: string,
  images: readonly Pick<CaptionedImage, "image" | "name">[],
  expected?: GridShape,
): GridShape {
  if (!Array.isArray(images)) throw new InputError(`${owner}: expected a list of images, got ${describe(images)}.`);
  let shape = expected;
  for (const [i, entry] of images.entries()) {
    const place = entry?.name ?? `${owner}: image ${i + 1} of ${images.length}`;
    const own = gridShapeOf(entry?.image, place);
    shape ??= own;
    if (gridText(own) === gridText(shape)) continue;
    throw new InputError(
      `${place}: expected an image of ${gridText(shape)} (rows x columns x channels), got ${gridText(own)}: ` +
        `${expected ? "that is what the model reads" : "all must be of one size"}.`,
    );
  }
  if (!shape) throw new InputError(`${owner}: there are no images.`);
  return shape;
}

/** @throws InputError unless it is a list of images of one size, each with captions. */
export function expectCaptioned(owner: string, images: readonly CaptionedImage[]): void {
  expectImages(owner, images);
  for (const [i, { captions }] of images.entries()) {
    const place = nameOf(images[i] as CaptionedImage, i, images.length);
    if (!Array.isArray(captions) || captions.length === 0 || captions.some((text) => typeof text !== "string")) {
      throw new InputError(`${owner}: expected ${place} to have captions, a list of texts, got ${describe(captions)}.`);
    }
  }
}

function encodedOf(image: CaptionedImage, i: number, count: number, tokenizer: Tokenizer): Encoded[] {
  const { end } = sentenceMarks(tokenizer);
  return image.captions.map((text, c) => {
    const place = placeOf(image, i, count, c);
    const tokens = inPlace(place, () => tokenizer.encode(text));
    if (tokens.length === 0) throw new InputError(`${place}: the caption has no tokens.`);
    if (!tokens.includes(end)) return { image: i, caption: c, tokens };
    throw new InputError(
      `${place}: the caption holds ${tokenizer.token(end)}, the token that ends a caption. Take it out.`,
    );
  });
}

function nameOf({ name }: CaptionedImage, i: number, count: number): string {
  return name ?? `image ${i + 1} of ${count}`;
}

function placeOf(image: CaptionedImage, i: number, count: number, caption: number): string {
  return image.places?.[caption] ?? nameOf(image, i, count);
}
