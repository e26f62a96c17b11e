import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCaptionTable } from "../../../lib/data/captions.js";
import { encodePicture } from "../../../lib/formats/imageFile.js";
import { writeNpy } from "../../../lib/formats/npy.js";
import { writeSafetensors } from "../../../lib/formats/safetensors.js";
import { ImageSet } from "../../../lib/models/imageCaptioner/imageSet.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const values = Float32Array.from({ length: 3 * 2 * 2 * 4 }, (_, i) => i);

async function arrays(names?: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeNpy(join(folder, "features.npy"), { shape: [3, 2, 2, 4], values });
  if (names !== undefined) await writeFile(join(folder, "features.names.txt"), names);
  return join(folder, "features.npy");
}

test("images of an array are called by their names file, or by their numbers", async () => {
  const named = await ImageSet.open(await arrays("a.jpg\nb.jpg \nc.jpg\n"));
  expect(named.names).toEqual(["a.jpg", "b.jpg", "c.jpg"]);
  expect(await named.image("b.jpg")).toEqual({ shape: [2, 2, 4], values: values.slice(16, 32) });
  const numbered = await ImageSet.open(await arrays());
  expect(await numbered.image("2")).toEqual({ shape: [2, 2, 4], values: values.slice(32) });
});

test("tensors have names; several places are one set", async () => {
  const file = join(await temporaryFolder(), "images.safetensors");
  await writeSafetensors(file, { tensors: [{ name: "x.png", shape: [4], values: Float32Array.of(1, 2, 3, 4) }] });
  const set = await ImageSet.open([file, await arrays()]);
  expect(set.names).toEqual(["x.png", "0", "1", "2"]);
  expect(await set.image("x.png")).toEqual({ shape: [4], values: Float32Array.of(1, 2, 3, 4) });
  const vectors = join(await temporaryFolder(), "vectors.npy");
  await writeNpy(vectors, { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) });
  expect(await (await ImageSet.open(vectors)).image("1")).toEqual({ shape: [3], values: Float32Array.of(4, 5, 6) });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(ImageSet.open([file], { signal })).rejects.toThrow("enough");
  await expect(set.captioned([{ image: "0", captions: ["a dog"] }] as never, { signal })).rejects.toThrow("enough");
  await expect(ImageSet.open([file, file])).rejects.toThrow('there is another image called "x.png"');
  await expect(ImageSet.open("nowhere.npy")).rejects.toThrow(/There is no file.*nowhere\.npy/);
});

test("photos of a folder are resized where a size is asked for; arrays lie beside them", async () => {
  const folder = await temporaryFolder();
  const picture = { shape: [8, 6, 3] as const, values: new Uint8Array(8 * 6 * 3).fill(200) };
  await writeFile(join(folder, "a.png"), encodePicture(picture, "png"));
  await writeFile(join(folder, "bad.png"), "no image");
  await writeNpy(join(folder, "b.jpg.npy"), { shape: [2, 4], values: new Float32Array(8) });
  const set = await ImageSet.open(folder, { imageSize: 4 });
  expect(await set.image("a.png")).toEqual({ shape: [4, 4, 3], values: new Uint8Array(48).fill(200) });
  expect((await set.image("b.jpg")).shape).toEqual([2, 4]);
  const both = await ImageSet.open([await temporaryFolder(), folder]);
  expect((await both.image("a.png")).shape).toEqual([8, 6, 3]);
  const image = { image: "b.jpg", captions: ["a dog"] };
  expect(await both.captioned([image] as never)).toEqual([
    { ...image, name: "b.jpg", image: await both.image("b.jpg") },
  ]);
  await expect(set.image("bad.png", "captions.tsv, line 3")).rejects.toThrow(
    /^captions\.tsv, line 3: .*bad\.png is no image: expected a PNG or a JPEG/,
  );
});

test("a caption table that names an image which does not exist is an error with file and line", async () => {
  const folder = await temporaryFolder();
  const table = join(folder, "captions.tsv");
  await writeFile(table, "a.jpg#0\ta dog\nb.jpg#0\ta cat\na.jpg#1\tthe dog\nd.jpg\ta bird\n");
  const captions = await readCaptionTable(table);
  expect(captions.map(({ image, captions }) => [image, captions])).toEqual([
    ["a.jpg", ["a dog", "the dog"]],
    ["b.jpg", ["a cat"]],
    ["d.jpg", ["a bird"]],
  ]);
  const set = await ImageSet.open(await arrays("a.jpg\nb.jpg\nc.jpg\n"));
  await expect(set.captioned(captions)).rejects.toThrow(
    /captions\.tsv, line 4: there is no image "d\.jpg" in .*features\.npy; did you mean a\.jpg\?/,
  );
  await expect(set.captioned(captions)).rejects.not.toThrow("header");
  // The first row may be one of names.
  await expect(set.captioned(captions.slice(2))).rejects.toThrow(
    /did you mean a\.jpg\? If that row names the columns, say so \(header: true; --header\)\.$/,
  );
  await expect(set.image("nothing at all")).rejects.toThrow(
    /^there is no image "nothing at all" in .*features\.npy\.$/,
  );
  await expect(set.captioned(5 as never)).rejects.toThrow("expected what readCaptionTable gives, got 5");
  const known = await set.captioned(captions.slice(0, 2));
  expect(known[0]).toMatchObject({ name: "a.jpg", captions: ["a dog", "the dog"], image: { shape: [2, 2, 4] } });
  expect(known[0]?.places).toEqual([`${table}, line 1`, `${table}, line 3`]);
});

test.each([
  ["a\nb\n", "has 2 names, and .*features.npy has 3 images"],
  ["a\nb\na\n", 'features.names.txt, line 3: the name "a" is there twice'],
])("names that do not fit are refused", async (names, message) => {
  await expect(arrays(names).then((file) => ImageSet.open(file))).rejects.toThrow(new RegExp(message));
});

test("an array that holds no images is refused", async () => {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  const file = join(folder, "one.npy");
  for (const shape of [[8], [1, 2, 2, 2, 1], [0, 4]]) {
    await writeNpy(file, { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
    await expect(ImageSet.open(file)).rejects.toThrow("one.npy: expected an array [images,rows,columns,channels]");
  }
});
