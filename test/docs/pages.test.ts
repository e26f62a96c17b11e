import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, root, runLine, runProgram, sampleFolder } from "./samples.js";

const pages = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));

/** A training of a page is shortened: what is tested is that it runs. */
function shortened(line: string): string {
  if (!/ostinato (train (?!mixture|ngram)|ladder )/.test(line) || line.includes("--resume")) return line;
  return `${line.replace(/ --maximum-steps \d+/, "").replace(/--validate-every \d+/, "--validate-every 10")} --maximum-steps 20`;
}

/** Programs and commands of a page, in its order: each may use what those before it have made. */
function stepsOf(page: string): { title: string; run: (folder: string) => ReturnType<typeof runLine> }[] {
  return blocksOf(`docs/${page}`).flatMap(({ language, code }, i) => {
    if (language === "js" && code.startsWith("import ")) {
      return [{ title: code, run: (folder: string) => runProgram(folder, `program${i}`, code) }];
    }
    if (language !== "sh") return [];
    const lines = code.trim().split("\n");
    return lines
      .filter((line) => line.includes("npx ostinato "))
      .map((line) => ({ title: line, run: (folder: string) => runLine(folder, shortened(line)) }));
  });
}

// A page in another language has the commands and programs of its original: see lectures.test.ts.
const translated = (page: string) => page.endsWith(".ko.md");
const runnable = pages.filter((page) => page !== "cli.md" && !translated(page) && stepsOf(page).length > 0);

test("the pages that hold programs are found", () => {
  expect(runnable).toEqual(expect.arrayContaining(["lectures.md", "search.md", "seq2seq.md"]));
});

/** The longest page has some sixty steps, each a program that starts. */
const longest = 600_000;

test.each(runnable)(
  "docs/%s: every program and command runs, in its order, and says something",
  (page) => {
    const folder = sampleFolder(page.replace(".md", ""));
    for (const { title, run } of stepsOf(page)) {
      const { status, stdout, stderr } = run(folder);
      expect(`${title}\n${status} ${status === 0 ? "" : stderr}`).toBe(`${title}\n0 `);
      if (!title.includes("writeFileSync") && !title.includes("ostinato train"))
        expect(`${title}\n${stdout.trim()}`).not.toBe(`${title}\n`);
    }
  },
  longest,
);

test.each(["../README.md", "../ARCHITECTURE.md", "../CONTRIBUTING.md", "../recipes/README.md", ...pages])(
  "every page and picture that docs/%s links to exists",
  (page) => {
    const file = join(root, "docs", page);
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(dirname(file), target)), target).toBe(true);
    }
  },
);

test("what a page of the package links to is in the package", () => {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  const isPacked = (path: string) =>
    path === "README.md" || files.some((entry) => path === entry || path.startsWith(`${entry}/`));
  const packed = ["README.md", ...files.filter((file) => file.endsWith(".md")), ...pages.map((page) => `docs/${page}`)];
  for (const page of packed) {
    for (const [, target = ""] of readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      const path = normalize(join(dirname(page), target)).replace(/\/$/, "");
      expect(isPacked(path), `${page} links to ${target}`).toBe(true);
    }
  }
});

test("every page is linked from docs/README.md, and that from the first page", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  for (const page of pages.filter((name) => name !== "README.md")) expect(index).toContain(`](${page})`);
  expect(readFileSync(join(root, "README.md"), "utf8").includes("](docs/README.md)")).toBe(true);
});

test("a program that may overwrite its folder runs where it has run before", () => {
  const folder = sampleFolder("again");
  const programs = pages.flatMap((page) => blocksOf(`docs/${page}`)).filter(({ code }) => /overwrite: true/.test(code));
  expect(programs.length).toBeGreaterThan(1);
  for (const [i, { code }] of [...programs, ...programs].entries()) {
    const { status, stderr } = runProgram(folder, `program${i}`, code);
    expect(`${code}\n${status} ${status === 0 ? "" : stderr}`).toBe(`${code}\n0 `);
  }
});
