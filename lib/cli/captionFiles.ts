import type { Command } from "commander";
import type { CaptionReading, ImageCaptions } from "../data/index.js";
import { readTableOfCaptions } from "../data/index.js";
import { OptionError } from "../errors.js";
import type { CaptionedImage } from "../models/imageCaptioner/captionData.js";
import type { ImageCaptioner } from "../models/imageCaptioner/imageCaptioner.js";
import { ImageSet } from "../models/imageCaptioner/imageSet.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf, shortened } from "./print.js";
import type { Reading } from "./reading.js";
import { readingLike, tableOptionsOf } from "./reading.js";

/** The images and captions of tables, by name. */
export async function readCaptions(files: readonly string[], reading: Reading, owner: string): Promise<CaptionReading> {
  const { imageColumn: image, captionColumn: caption } = reading;
  const tables: CaptionReading[] = [];
  for (const file of files) {
    tables.push(await readTableOfCaptions(owner, file, { ...tableOptionsOf(reading), ...given({ image, caption }) }));
  }
  return {
    images: merged(tables.flatMap(({ images }) => images)),
    skipped: tables.reduce((sum, { skipped }) => sum + skipped, 0),
    description: tables.map(({ description }) => description).join("; "),
  };
}

/** The captions of an image together, also those of several tables. */
function merged(images: readonly ImageCaptions[]): ImageCaptions[] {
  const known = new Map<string, ImageCaptions>();
  for (const { image, captions, places } of images) {
    const before = known.get(image);
    known.set(image, {
      image,
      captions: [...(before?.captions ?? []), ...captions],
      places: [...(before?.places ?? []), ...places],
    });
  }
  return [...known.values()];
}

/** The images that a command reads. @throws OptionError where nobody says where they are. */
export async function imagesOf(
  reading: Reading,
  { owner, imageSize, signal }: { owner: string; imageSize?: number | undefined; signal: AbortSignal },
): Promise<ImageSet> {
  if (reading.images !== undefined) return ImageSet.open(reading.images, given({ imageSize, signal }));
  throw new OptionError(`${owner}: expected images: the folder or file that has them.`, ["images"]);
}

/** Captioned images of tables, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function captionedLike(
  model: ImageCaptioner,
  {
    folder,
    files,
    command,
    signal,
  }: { folder: string; files: readonly string[]; command: Command; signal: AbortSignal },
): Promise<CaptionedImage[]> {
  const reading = await readingLike(folder, files, command);
  const { images } = await readCaptions(files, reading, command.name());
  const set = await imagesOf(reading, { owner: command.name(), imageSize: photoSizeOf(model), signal });
  return set.captioned(images, { signal });
}

/** The side of the photos that a model reads; undefined if it reads something else. */
export function photoSizeOf({ network: { config } }: Pick<ImageCaptioner, "network">): number | undefined {
  return config.channels === 3 && config.rows === config.columns ? config.rows : undefined;
}

/** Says what was read, and shows the first caption: whether columns and header are right is seen at once. */
export function noteCaptions(print: Printer, { images, skipped, description }: CaptionReading): void {
  const [first] = images;
  const captions = images.reduce((sum, image) => sum + image.captions.length, 0);
  const left = skipped > 0 ? `; ${count(skipped)} left out for an empty name or caption` : "";
  print.note(`${description}: ${countOf(captions, "caption")} of ${countOf(images.length, "image")}${left}.`);
  if (first) print.note(`The first: ${shortened(first.image)} -> ${shortened(first.captions[0] as string)}`);
  print.object({ event: "captions", description, images: images.length, captions, skipped, first });
}
