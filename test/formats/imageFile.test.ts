import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import type { Picture } from "../../lib/formats/imageFile.js";
import { encodePicture, readImage } from "../../lib/formats/imageFile.js";
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
