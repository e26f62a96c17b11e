import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { InputError, OptionError } from "../../errors.js";
import type { NumberArray } from "../../formats/index.js";
import { readImage, writeFileAtomically } from "../../formats/index.js";
import type { Caption } from "../../models/imageCaptioner/captioning.js";
import { captionOptions } from "../../models/imageCaptioner/captioning.js";
import { gridText } from "../../models/imageCaptioner/grid.js";
import type { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import type { Completed } from "../../options.js";
import { flag, optional, pick, table, text } from "../../options.js";
import { captionSVG, captionTerminal } from "../../viz/index.js";
import { imagesOf, photoSizeOf } from "../captionFiles.js";
import { captionPictureOf } from "../captionPictures.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { Painted, results } from "../output.js";
import { colourDepth, oneCell, oneLine, printer } from "../print.js";
import { readingLike, withImages } from "../reading.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import type { Ability } from "../verbs.js";

const flags = table("caption images", {
  ...pick(captionOptions, "nBest", "batchSize"),
  /** Write the score before each caption. */
  scores: flag(),
  /** Draw where the model looked for each word. Default: in a terminal, for one image. */
  attention: optional(flag()),
  /** File for a picture of where the model looked for each word of one image. Default: none. */
  svg: optional(text({ as: "file" })),
  /** Print one JSON object for each image, with the attention of each word. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

export const caption: Ability = {
  verb: {
    name: "caption",
    description: "describe images in a sentence",
    arguments: [["<images...>", "photos (PNG, JPEG); or names of images that --images has"]],
  },
  options: (command) => withSearchOptions(withImages(withOptions(command, flags)), captionOptions),
  run: captionImages,
};

async function captionImages(folder: string, names: string[], options: Options, command: Command): Promise<void> {
  const { nBest, batchSize } = options;
  const search = { ...searchOptionsFrom(command, captionOptions), nBest, batchSize };
  const model = await modelFrom<ImageCaptioner>(folder, options);
  await untilInterrupted(async (signal) => {
    if (options.svg !== undefined && names.length > 1) {
      throw new OptionError(`caption: --svg is the picture of one image, got ${names.length}.`);
    }
    const images = await imagesNamed(names, model, { folder, command, signal });
    const captions = await model.caption(images, { ...search, signal });
    if (options.svg !== undefined) await draw(captions[0] as Caption, images[0] as NamedImage, options.svg);
    const draws = !options.json && (options.attention ?? (process.stdout.isTTY && names.length === 1));
    for (const [i, written] of captions.entries()) {
      write(names[i] as string, written, options, names.length > 1);
      if (draws) drawHere(written);
    }
    noteEmpty(captions, names, options);
  });
}

/** Says why a line is empty. */
function noteEmpty(captions: readonly Caption[], names: readonly string[], options: Options): void {
  const empty = names.filter((_, i) => captions[i]?.text === "");
  if (empty.length === 0) return;
  printer(options).note(
    `The model ends the caption of ${empty.map(oneCell).join(", ")} before its first word: train it longer, or ask for ` +
      "more (--minimum-length 1).",
  );
}

/** An image with its name, and the photo that it was made of. */
interface NamedImage {
  readonly image: NumberArray;
  readonly name: string;
  photo(): Promise<NumberArray>;
}

async function draw(caption: Caption, { name, photo }: NamedImage, file: string): Promise<void> {
  const picture = captionPictureOf(caption, await photo());
  if (!picture) throw new InputError(`caption: there is no attention to draw for ${name}.`);
  await writeFileAtomically(file, captionSVG(picture));
}

/** Draws where the model looked, in the terminal; nothing for a model without attention. */
function drawHere(caption: Caption): void {
  const picture = captionPictureOf(caption, null);
  if (!picture) return;
  const size = { width: Math.max(40, Math.min(process.stdout.columns ?? 100, 160)), depth: colourDepth() };
  const [, ...grids] = captionTerminal(picture, size).split("\n");
  results.write(new Painted(`${grids.join("\n")}\n`));
}

/** The images of a command line: files, or names of images that the training had. */
async function imagesNamed(
  names: readonly string[],
  model: ImageCaptioner,
  { folder, command, signal }: { folder: string; command: Command; signal: AbortSignal },
): Promise<NamedImage[]> {
  const reading = await readingLike(folder, names, command);
  const typed = command.getOptionValueSource("images") === "cli";
  const imageSize = photoSizeOf(model);
  if (!typed && names.every((name) => existsSync(name))) {
    if (imageSize === undefined) {
      throw new OptionError(
        `caption: the model reads ${gridText(model.network.config)} features of an image, not photos: name images of the features (--images).`,
      );
    }
    const size = { rows: imageSize, columns: imageSize };
    return Promise.all(
      names.map(async (name) => {
        return { image: await readImage(name, { size }), name: basename(name), photo: () => readImage(name) };
      }),
    );
  }
  const set = await imagesOf(reading, { owner: "caption", imageSize, signal });
  return Promise.all(
    names.map(async (name) => {
      const image = await set.image(name);
      return { image, name, photo: async () => image };
    }),
  );
}

function write(name: string, { text, hypotheses, grid }: Caption, options: Options, named: boolean): void {
  const { nBest, scores, json } = options;
  if (json) {
    results.json({
      image: name,
      text,
      grid,
      hypotheses: hypotheses.map((one) => ({ ...one, attention: one.attention?.map((row) => [...row]) })),
    });
    return;
  }
  for (const one of hypotheses.slice(0, nBest)) {
    const before = [...(named ? [oneCell(name)] : []), ...(scores ? [one.score.toFixed(4)] : [])];
    results.write(`${[...before, oneLine(one.text)].join("\t")}\n`);
  }
}
