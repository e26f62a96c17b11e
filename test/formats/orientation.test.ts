import { expect, test } from "vitest";
import { orientationOf, upright } from "../../lib/formats/orientation.js";

test.each([
  [1, "abc def"],
  [2, "cba fed"],
  [3, "fed cba"],
  [4, "def abc"],
  [5, "ad be cf"],
  [6, "da eb fc"],
  [7, "fc eb da"],
  [8, "cf be ad"],
])("abc over def, held as %i says, is %s", (orientation, expected) => {
  // Every pixel has three colours of its own.
  const colours = (letter: string) => [letter.charCodeAt(0), letter.charCodeAt(0) + 50, letter.charCodeAt(0) + 100];
  const { shape, values } = upright(
    { shape: [2, 3, 3], values: Uint8Array.from([..."abcdef"].flatMap(colours)) },
    orientation,
  );
  const rows = expected.split(" ");
  expect(shape).toEqual([rows.length, rows[0]?.length, 3]);
  expect([...values]).toEqual([...rows.join("")].flatMap(colours));
});

/** A segment of a JPEG: its marker, its length and its bytes. */
const segment = (marker: number, bytes: Buffer) =>
  Buffer.concat([Buffer.of(0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255), bytes]);

/** Exif data of some entries, each a tag and a short number. */
function exif(order: "II" | "MM", entries: [tag: number, value: number][], first = 8): Buffer {
  const tiff = Buffer.alloc(first + 2 + 12 * entries.length);
  const short = (value: number, at: number) =>
    order === "II" ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  tiff.write(order);
  short(42, 2);
  if (order === "II") tiff.writeUInt32LE(first, 4);
  else tiff.writeUInt32BE(first, 4);
  short(entries.length, first);
  for (const [i, [tag, value]] of entries.entries()) {
    short(tag, first + 2 + 12 * i);
    short(value, first + 10 + 12 * i);
  }
  return segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));
}

const jpeg = (...segments: Buffer[]) => Buffer.concat([Buffer.of(0xff, 0xd8), ...segments]);

test("the orientation is sought among the entries of Exif data, after other segments and before the pixels", () => {
  const held = (value: number): [number, number][] => [
    [0x010f, 3],
    [0x0112, value],
    [0x011a, 4],
  ];
  const [jfif, xmp, scan] = [
    segment(0xe0, Buffer.from("JFIF\0")),
    segment(0xe1, Buffer.from("http://")),
    segment(0xda, Buffer.of(1, 2)),
  ];
  for (const order of ["II", "MM"] as const) {
    expect(orientationOf(jpeg(jfif, xmp, exif(order, held(6)), scan))).toBe(6);
    expect(orientationOf(jpeg(exif(order, held(8), 20)))).toBe(8);
    expect([0, 1, 8, 9].map((value) => orientationOf(jpeg(exif(order, held(value)))))).toEqual([1, 1, 8, 1]);
    expect(orientationOf(jpeg(scan, exif(order, held(6))))).toBe(1);
    expect(orientationOf(jpeg(exif(order, [[0x0113, 6]])))).toBe(1);
    expect(orientationOf(jpeg(exif(order, [])))).toBe(1);
    // An entry that is not there to its end, and a directory beyond the end.
    const whole = exif(order, [[0x0112, 6]]);
    expect(orientationOf(jpeg(whole))).toBe(6);
    const cut = Buffer.from(whole.subarray(0, -1));
    cut.writeUInt16BE(cut.length - 2, 2);
    expect(orientationOf(jpeg(cut))).toBe(1);
  }
  expect(orientationOf(jpeg(jfif))).toBe(1);
  expect(orientationOf(jpeg(Buffer.of(0xff)))).toBe(1);
  expect(orientationOf(jpeg(Buffer.of(1, 2, 3, 4, 5)))).toBe(1);
  expect(orientationOf(jpeg(segment(0xe1, Buffer.from("Exif\0\0XX\0\0\0\0\0\0", "latin1"))))).toBe(1);
});
