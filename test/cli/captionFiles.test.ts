import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, expect, test, vi } from "vitest";
import { readCaptions } from "../../lib/cli/captionFiles.js";
import { captionPictureOf } from "../../lib/cli/captionPictures.js";
import { readingOf, withCaptionColumns } from "../../lib/cli/reading.js";
import { readImage } from "../../lib/formats/index.js";
import type { WrittenHypothesis } from "../../lib/models/writing.js";

// The texts of options come from the built program.
vi.mock("../../lib/cli/optionDocs.js", async (original) => ({ ...(await original()), docOf: () => ({ text: "" }) }));

const folder = mkdtempSync(join(tmpdir(), "ostinato-caption-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "pictures.csv");
writeFileSync(file, "says,who,picture\na dog,Ann,1.png\na cat,Bob,2.png\na black dog,Ann,1.png\n");

/** The captions that a command reads with these options, by image. */
async function read(options: string[], files = [file]) {
  const command = withCaptionColumns(new Command("caption")).parse(options, { from: "user" });
  const { images } = await readCaptions(files, readingOf(command), "caption");
  return Object.fromEntries(images.map(({ image, captions }) => [image, captions]));
}

test("--image-column and --caption-column name columns by title or by number", async () => {
  const captions = { "1.png": ["a dog", "a black dog"], "2.png": ["a cat"] };
  expect(await read(["--header", "--image-column", "picture", "--caption-column", "says"])).toEqual(captions);
  expect(await read(["--header", "--image-column", "3", "--caption-column", "1"])).toEqual(captions);
  expect(await read(["--header", "--image-column", "2", "--caption-column", "1"])).toEqual({
    Ann: ["a dog", "a black dog"],
    Bob: ["a cat"],
  });
});

test("captions of an image stand together, from whichever table they come", async () => {
  const more = join(folder, "more.csv");
  writeFileSync(more, "says,who,picture\na bird,Ann,3.png\na white cat,Bob,2.png\n");
  const columns = ["--header", "--image-column", "picture", "--caption-column", "says"];
  expect(await read(columns, [file, more])).toEqual({
    "1.png": ["a dog", "a black dog"],
    "2.png": ["a cat", "a white cat"],
    "3.png": ["a bird"],
  });
});

test("a photo in a picture is a PNG of its own size up to 128 pixels, and beyond a JPEG of at most 336", async () => {
  const hypothesis = { tokens: ["a"], attention: [Float32Array.of(1)] } as unknown as WrittenHypothesis;
  const caption = { text: "a", hypotheses: [hypothesis], grid: { rows: 1, columns: 1 } };
  for (const [rows, columns, form, height, width] of [
    [3, 128, "png", 3, 128],
    [129, 2, "jpeg", 129, 2],
    [200, 672, "jpeg", 100, 336],
  ] as const) {
    const values = new Uint8Array(rows * columns * 3).fill(200);
    const { photo } = captionPictureOf(caption, { shape: [rows, columns, 3], values }) ?? {};
    expect(photo).toMatchObject({ width, height });
    const [head, bytes] = String(photo?.href).split(",") as [string, string];
    expect(head).toBe(`data:image/${form};base64`);
    const copy = join(folder, `photo.${form}`);
    writeFileSync(copy, Buffer.from(bytes, "base64"));
    expect((await readImage(copy)).shape).toEqual([height, width, 3]);
  }
  const features = { shape: [1, 1, 3], values: Float32Array.of(1, 2, 3) };
  expect(captionPictureOf(caption, features)).not.toHaveProperty("photo");
});
