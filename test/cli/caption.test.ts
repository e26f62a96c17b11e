import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { encodePicture } from "../../lib/formats/imageFile.js";
import { writeNpy } from "../../lib/formats/npy.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-caption-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(...args: string[]) {
  const options = { cwd: folder, env, encoding: "utf8", timeout: 170_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
  return { status, stdout, stderr };
}

// An image has a colour on one of its sides, and its captions say which.
const [colours, count] = [["red", "green", "blue"], 122];
const bytes = new Uint8Array(count * 4 * 4 * 3).fill(30);
const rows = Array.from({ length: count }, (_, i) => {
  const [colour, left] = [(i * 7) % 3, (i * 5) % 2 === 0];
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 2; x++) bytes[((i * 4 + y) * 4 + x + (left ? 0 : 2)) * 3 + colour] = 220;
  return { image: `${i}.png`, caption: `${colours[colour]} on the ${left ? "left" : "right"}` };
});
const table = rows.map(({ image, caption }) => `${image}\t${caption}\n${image}\t${caption} side\n`).join("");
writeFileSync(join(folder, "captions.tsv"), table);
writeFileSync(join(folder, "images.names.txt"), rows.map(({ image }) => `${image}\n`).join(""));
await writeNpy(join(folder, "images.npy"), { shape: [count, 4, 4, 3], values: bytes });
const small = ["--hidden-size", "24", "--embedding-size", "12", "--batch-size", "16", "--learning-rate", "0.02"];

test("train caption, caption, evaluate, info and quantize work one after the other", () => {
  const trained = ostinato(
    ...["train", "caption", "captions.tsv", "--images", "images.npy", "--positions", "--doubly-stochastic", "0"],
    ...["--epochs", "12", "--test", "captions.tsv", "--out", "model", ...small],
  );
  expect(trained.stderr).toMatch(/captions\.tsv: columns 1 and 2, separated by tabs: 244 captions of 122 images\./);
  expect(trained.stderr).toMatch(
    /218 captions of 109 images to learn, 26 to validate; images of 4 x 4 x 3; vocabulary of 10 word/,
  );
  expect(trained.stdout).toMatch(/^test:\n[\d,]+ tokens: .*\n122 images, 244 references:\n {2}BLEU-1 to 4 {2}\d/);
  expect(trained.status).toBe(0);

  const one = ostinato("caption", "model", "0.png", "1.png");
  expect(one.stdout).toMatch(/^0\.png\tred on the left( side)?\n1\.png\tgreen on the right( side)?\n$/);
  const json = JSON.parse(ostinato("caption", "model", "0.png", "--json").stdout);
  expect(json).toMatchObject({ image: "0.png", grid: { rows: 4, columns: 4 } });
  expect(json.hypotheses[0].attention[0]).toHaveLength(16);

  // A photo of another size is resized to what the model reads.
  const photo = { shape: [8, 8, 3] as const, values: new Uint8Array(8 * 8 * 3).fill(30) };
  for (let y = 0; y < 8; y++) for (let x = 4; x < 8; x++) photo.values[(y * 8 + x) * 3 + 2] = 220;
  writeFileSync(join(folder, "photo.png"), encodePicture(photo, "png"));
  expect(ostinato("caption", "model", "photo.png").stdout).toMatch(/^blue on the right/);

  // Words above, each with a grid of four by four below.
  const looked = ostinato("caption", "model", "photo.png", "--attention").stdout.split("\n");
  expect(looked[0]).toMatch(/^blue on the right/);
  expect(looked[2]?.trim().split(/ +/).slice(0, 4)).toEqual(["blue", "on", "the", "right"]);
  for (const line of looked.slice(3, 7)) expect(line).toMatch(/^([\u00b7\u2591\u2592\u2593\u2588]{8} *){4}/);
  expect(looked.slice(3, 7).join("")).toContain("\u2588\u2588");

  const measured = ostinato("evaluate", "model", "captions.tsv", "--output", "written.txt");
  expect(measured.stdout).toMatch(/exact +9\d\.\d+ %|exact +100/);
  expect(measured.stdout).toMatch(/with the images exchanged: BLEU-1 to 4 .*, exact [0-5]?\d\.\d\d %/);
  expect(readFileSync(join(folder, "written.txt"), "utf8").split("\n")).toHaveLength(123);
  expect(ostinato("info", "model").stdout).toMatch(
    /a captioner \(1-layer LSTM of 24 units, additive attention\) of images of 4 x 4 x 3, with 10 word tokens/,
  );
  expect(ostinato("quantize", "model", "rounded", "--evaluate", "captions.tsv").stdout).toMatch(
    /Perplexity 1\.\d+ before/,
  );
});

test("a training is resumed to the bits of one that never stopped", () => {
  const call = ["train", "caption", "captions.tsv", "--images", "images.npy", ...small, "--epochs", "2", "--quiet"];
  expect(ostinato(...call, "--out", "whole").status).toBe(0);
  expect(ostinato(...call, "--out", "parts", "--maximum-steps", "7").status).toBe(0);
  expect(ostinato("train", "--resume", "parts", "--maximum-steps", "1000", "--quiet")).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
  const weights = (name: string) => readFileSync(join(folder, name, "model.safetensors"));
  expect(weights("parts").equals(weights("whole"))).toBe(true);
});

test("what is wrong is said with file and line, and nothing is left behind", () => {
  writeFileSync(join(folder, "missing.tsv"), "0.png\tred\n1000.png\tgreen\n");
  const of = (...args: string[]) => ostinato("train", "caption", ...args, "--out", "none");
  const missing = of("missing.tsv", "--images", "images.npy");
  expect(missing.stderr).toMatch(/error: missing\.tsv, line 2: there is no image "1000\.png" in images\.npy/);
  expect(missing.status).toBe(1);
  writeFileSync(join(folder, "titled.tsv"), "what\tit says\n0.png\tred\n");
  expect(of("titled.tsv", "--images", "images.npy").stderr).toMatch(
    /titled\.tsv, line 1: there is no image "what" in images\.npy.*If that row names the columns, say so \(--header\)\.\n$/,
  );
  const nowhere = of("captions.tsv");
  expect(nowhere.stderr).toMatch(/expected --images: the folder or file that has them/);
  expect(nowhere.status).toBe(2);
  writeFileSync(join(folder, "bad.png"), "no image at all");
  expect(ostinato("caption", "model", "bad.png").stderr).toMatch(/bad\.png is no image: expected a PNG or a JPEG/);
  expect(ostinato("caption", "model", "nothing.png").stderr).toMatch(/there is no image "nothing\.png" in images\.npy/);
});
