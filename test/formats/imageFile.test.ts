import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { encodePicture, readImage } from "../../lib/formats/imageFile.js";
import type { Picture } from "../../lib/formats/picture.js";
import { resizePicture } from "../../lib/formats/resizePicture.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import resized from "./resize.json" with { type: "json" };

/** Slow waves of three colours. */
const picture: Picture = {
  shape: [24, 40, 3],
  values: Uint8Array.from({ length: 24 * 40 * 3 }, (_, i) => 128 + 100 * Math.sin((i % 3) + Math.floor(i / 3) / 60)),
};

async function saved(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, bytes);
  return file;
}

test("a PNG gives the pixels that were written, and a JPEG nearly", async () => {
  expect(await readImage(await saved("a.png", encodePicture(picture, "png")))).toEqual(picture);
  const { shape, values } = await readImage(await saved("a.jpg", encodePicture(picture, "jpeg")));
  expect(shape).toEqual(picture.shape);
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (picture.values[i] as number))), 0);
  expect(worst).toBeLessThan(25);
});

test("the format is known by the content, whatever the file is called", async () => {
  expect((await readImage(await saved("a.jpg", encodePicture(picture, "png")))).shape).toEqual([24, 40, 3]);
});

test("what is transparent is seen on white", async () => {
  const png = new PNG({ width: 1, height: 1 });
  png.data.set([0, 0, 100, 128]);
  const half = PNG.sync.write(png);
  expect([...(await readImage(await saved("half.png", half))).values]).toEqual([127, 127, 177]);
});

test.each(["png", "jpeg"] as const)("a damaged %s is an error that names the file", async (format) => {
  const bytes = encodePicture(picture, format);
  const file = await saved(`a.${format}`, bytes);
  for (const length of [5, 20, 40, Math.floor(bytes.length / 2)]) {
    await writeFile(file, bytes);
    await truncate(file, length);
    const result = await readImage(file).then(
      () => "read",
      (error: Error) => error.message,
    );
    expect(result, `${length} bytes`).toMatch(/a\.(png|jpeg) is (a damaged image: .*Copy it again|no image)/);
  }
});

test.each([
  ["GIF89a...", "is a GIF"],
  ["RIFF....WEBPVP8 ", "is a WebP"],
  ["<svg></svg>", "is an SVG or HTML page"],
  ["a text", "is no image"],
  ["", "is no image"],
])("%s is refused by its name", async (text, message) => {
  await expect(readImage(await saved("a.png", Buffer.from(text, "latin1")))).rejects.toThrow(message);
});

test("a small file that claims a huge picture is refused before it is decoded", async () => {
  const bytes = encodePicture(picture, "png");
  bytes.writeUInt32BE(20_000_000, 16);
  await expect(readImage(await saved("bomb.png", bytes))).rejects.toThrow("says that it has 20000000 x 24 pixels");
  const photo = encodePicture(picture, "jpeg");
  const frame = photo.indexOf(Buffer.from([0xff, 0xc0]));
  photo.writeUInt16BE(60_000, frame + 5);
  photo.writeUInt16BE(60_000, frame + 7);
  await expect(readImage(await saved("bomb.jpg", photo))).rejects.toThrow(/bomb\.jpg is a damaged image: .*exceeded/);
});

/** A JPEG with Exif data that say how the camera was held, in either order of bytes. */
function photoHeld(orientation: number, order: "II" | "MM", own: Picture): Buffer {
  const tiff = Buffer.alloc(26);
  const write = (value: number, at: number, size: number) =>
    order === "II" ? tiff.writeUIntLE(value, at, size) : tiff.writeUIntBE(value, at, size);
  tiff.write(order, "latin1");
  write(42, 2, 2);
  write(8, 4, 4);
  write(1, 8, 2);
  write(0x0112, 10, 2);
  write(3, 12, 2);
  write(1, 14, 4);
  write(orientation, 18, 2);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  const bytes = encodePicture(own, "jpeg");
  return Buffer.concat([bytes.subarray(0, 2), head, body, bytes.subarray(2)]);
}

// Exif 2.32, tag 274: the side at which the first row is seen, and that at which the first column is.
test.each([
  [1, "top", "left"],
  [2, "top", "right"],
  [3, "bottom", "right"],
  [4, "bottom", "left"],
  [5, "left", "top"],
  [6, "right", "top"],
  [7, "right", "bottom"],
  [8, "left", "bottom"],
  [0, "top", "left"],
  [9, "top", "left"],
] as const)(
  "a photo of orientation %i has its first row at the %s and its first column at the %s",
  async (orientation, row, column) => {
    // Rows get brighter in red, columns in blue; 16 rows and 48 columns.
    const values = Uint8Array.from({ length: 16 * 48 * 3 }, (_, i) => {
      const [y, x] = [Math.floor(i / 3 / 48), Math.floor(i / 3) % 48];
      return [15 * y, 0, 5 * x][i % 3] as number;
    });
    for (const order of ["II", "MM"] as const) {
      const file = await saved("held.jpg", photoHeld(orientation, order, { shape: [16, 48, 3], values }));
      const { shape, values: seen } = await readImage(file);
      const [rows, columns] = shape;
      expect([rows, columns]).toEqual(["left", "right"].includes(row) ? [48, 16] : [16, 48]);
      const meanAt = (side: string, colour: number) => {
        const inside = (y: number, x: number) =>
          ({ top: y < 4, bottom: y >= rows - 4, left: x < 4, right: x >= columns - 4 })[side] as boolean;
        const found = Array.from({ length: rows * columns }, (_, i) => i).filter((i) =>
          inside(Math.floor(i / columns), i % columns),
        );
        return found.reduce((sum, i) => sum + (seen[3 * i + colour] as number), 0) / found.length;
      };
      expect(meanAt(row, 0), `first row at the ${row}`).toBeLessThan(50);
      expect(meanAt(column, 2), `first column at the ${column}`).toBeLessThan(40);
    }
  },
);

test("Exif data that are cut off or nonsense change nothing", async () => {
  const whole = photoHeld(6, "II", picture);
  for (const length of [2, 12, 18]) {
    const cut = Buffer.from(whole);
    cut.fill(0xff, 12 + length, 12 + 26);
    expect((await readImage(await saved("cut.jpg", cut))).shape, `${length}`).toEqual([24, 40, 3]);
  }
});

test("an image of another size is the one that resizePicture makes", async () => {
  const file = await saved("a.png", encodePicture(picture, "png"));
  const size = { rows: 7, columns: 9 };
  expect(await readImage(file, { size })).toEqual(resizePicture(picture, size));
  await expect(readImage(file, { size: { rows: 0, columns: 1 } })).rejects.toThrow(/expected size\.rows to be/);
});

test("the event loop is free while images are decoded and resized, many at once", async () => {
  const side = 1800;
  const large: Picture = {
    shape: [side, side, 3],
    values: new Uint8Array(side * side * 3).map((_, i) => (i * 7919) % 251),
  };
  const files = [await saved("a.jpg", encodePicture(large, "jpeg")), await saved("a.png", encodePicture(large, "png"))];
  await readImage(await saved("first.png", encodePicture(picture, "png")));
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const begun = performance.now();
  const size = { rows: 64, columns: 64 };
  const read = await Promise.all([...files, ...files].map((file) => readImage(file, { size })));
  const took = performance.now() - begun;
  clearInterval(timer);
  expect(read.map(({ shape }) => shape)).toEqual(new Array(4).fill([64, 64, 3]));
  expect(longest).toBeLessThan(took / 4);
});

test("a missing file is named", async () => {
  await expect(readImage("nowhere.png")).rejects.toThrow("There is no file nowhere.png.");
});

test.each(resized)("resizing $shape to $rows x $columns is PyTorch's antialiased bilinear", (one) => {
  const { rows, columns, resized: expected } = one;
  const made = resizePicture({ shape: one.shape, values: Uint8Array.from(one.values) }, { rows, columns });
  expect(made.shape).toEqual([rows, columns, 3]);
  // Two roundings to whole numbers.
  for (const [i, value] of made.values.entries()) expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1.01);
});

test("the file of a picture is no larger than it needs to be", async () => {
  const file = await saved("a.png", encodePicture(picture, "png"));
  expect((await readFile(file)).length).toBeLessThan(picture.values.length);
});

test("a file larger than any image is refused before it is read", async () => {
  const file = await saved("large.png", encodePicture(picture, "png"));
  await truncate(file, 2 ** 28 + 1);
  await expect(readImage(file)).rejects.toThrow(`${file} has 268435457 bytes: expected an image of at most 268435456.`);
});
