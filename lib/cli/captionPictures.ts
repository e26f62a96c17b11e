import type { NumberArray, Picture } from "../formats/index.js";
import { encodePicture, resizePicture } from "../formats/index.js";
import type { Caption } from "../models/imageCaptioner/captioning.js";
import type { CaptionPicture } from "../viz/index.js";

/** Longest side of a photo in a picture, in pixels. */
const mostPixels = 336;
/** Sides up to which a photo is kept as it is. */
const smallPixels = 128;

/** The picture of a caption; null for a model without attention. @param photo its pixels, where it is not made of features. */
export function captionPictureOf(
  { text, hypotheses, grid }: Caption,
  photo: NumberArray | null,
): CaptionPicture | null {
  const [best] = hypotheses;
  if (!best?.attention || best.tokens.length === 0) return null;
  const attention = best.attention.slice(0, best.tokens.length);
  return {
    text,
    tokens: best.tokens,
    attention,
    grid,
    ...(photo && isPicture(photo) ? { photo: photoOf(photo) } : {}),
  };
}

function isPicture({ shape, values }: NumberArray): boolean {
  return values instanceof Uint8Array && shape.length === 3 && shape[2] === 3;
}

function photoOf(pixels: NumberArray): NonNullable<CaptionPicture["photo"]> {
  const [rows, columns] = pixels.shape as [number, number];
  const longest = Math.max(rows, columns);
  const scale = Math.min(1, mostPixels / longest);
  const size = { rows: Math.max(1, Math.round(rows * scale)), columns: Math.max(1, Math.round(columns * scale)) };
  const format = longest <= smallPixels ? "png" : "jpeg";
  const bytes = encodePicture(resizePicture(pixels, size) as Picture, format);
  return { href: `data:image/${format};base64,${bytes.toString("base64")}`, width: size.columns, height: size.rows };
}
