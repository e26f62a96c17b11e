import type { Picture } from "./picture.js";

/** Markers of a JPEG. */
const [exifMarker, scanMarker] = [0xe1, 0xda];
/** Tag of the orientation in TIFF 6.0, whose form Exif data has. */
const orientationTag = 0x0112;

/**
 * How a JPEG's camera was held, by its Exif data: 1 upright; 2 mirrored; 3 upside down; 4 both; 5 to 8 the same with rows and columns
 * exchanged (Exif 2.32, tag 274). 1 where it does not say, or says nonsense.
 */
export function orientationOf(bytes: Buffer): number {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const [marker, length] = [bytes[at + 1] as number, bytes.readUInt16BE(at + 2)];
    if (marker === scanMarker) break;
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (marker === exifMarker && segment.toString("latin1", 0, 6) === "Exif\0\0") return inTiff(segment.subarray(6));
    at += 2 + length;
  }
  return 1;
}

function inTiff(tiff: Buffer): number {
  const order = tiff.toString("latin1", 0, 2);
  if (tiff.length < 8 || !["II", "MM"].includes(order)) return 1;
  const short = (at: number) => (order === "II" ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = order === "II" ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (first + 2 > tiff.length) return 1;
  const entries = Math.min(short(first), Math.floor((tiff.length - first - 2) / 12));
  for (let i = 0; i < entries; i++) {
    const entry = first + 2 + 12 * i;
    if (short(entry) !== orientationTag) continue;
    const orientation = short(entry + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** The picture as it looks when it is held upright. */
export function upright({ shape, values }: Picture, orientation: number): Picture {
  if (orientation === 1) return { shape, values };
  const [height, width] = shape;
  const exchanged = orientation >= 5;
  const [rows, columns] = exchanged ? [width, height] : [height, width];
  const [fromBottom, fromRight] = [[3, 4, 6, 7].includes(orientation), [2, 3, 7, 8].includes(orientation)];
  const turned = new Uint8Array(values.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [row, column] = exchanged ? [x, y] : [y, x];
      const from = 3 * ((fromBottom ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column));
      const to = 3 * (y * columns + x);
      for (let colour = 0; colour < 3; colour++) turned[to + colour] = values[from + colour] as number;
    }
  }
  return { shape: [rows, columns, 3], values: turned };
}
