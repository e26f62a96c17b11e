import { linkSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused } = commandFolder("inputs-kept");
const text = `${"the old ship sails on\nthe grey sea sleeps\n".repeat(40)}`;
file("text.txt", text);
file("pairs.tsv", "a b\tb a\n".repeat(20));
symlinkSync("text.txt", join(folder, "link.txt"));
linkSync(join(folder, "text.txt"), join(folder, "twin.txt"));

test("no file that a command reads is written over, whatever it is called", () => {
  const tiny = ["--hidden-size", "4", "--maximum-steps", "1", "--quiet"];
  expect(ostinato(["train", "lm", "text.txt", ...tiny, "--out", "lm"]).status).toBe(0);
  expect(ostinato(["train", "translate", "pairs.tsv", ...tiny, "--out", "mt"]).status).toBe(0);
  for (const name of ["text.txt", "./text.txt", "link.txt", "twin.txt"]) {
    const message = new RegExp(`inspect: --out ${name} is a file that is read\\. Give it another name\\.`);
    refused(["inspect", "lm", "--text", "text.txt", "--out", name], message, 2);
  }
  refused(
    ["evaluate", "mt", "pairs.tsv", "--output", "pairs.tsv"],
    /evaluate: --output pairs\.tsv is a file that is read/,
    2,
  );
  refused(["map", "mt", "text.txt", "-o", "text.txt"], /map: --out text\.txt is a file that is read/, 2);
  expect(readFileSync(join(folder, "text.txt"), "utf8")).toBe(text);
  // Files of a model are read, too.
  refused(
    ["inspect", "lm", "--text", "text.txt", "--out", "lm/config.json"],
    /inspect: --out lm\/config\.json is a file that is read/,
    2,
  );
  expect(ostinato(["train", "ngram", "text.txt", "--out", "ng"]).status).toBe(0);
  refused(["arpa", "ng", "ng/config.json"], /arpa: <out> ng\/config\.json is a file that is read/, 2);
  // Another file may be written over, also within a model's folder, and a text is no file.
  file("old.html", "old");
  file("old.svg", "old");
  expect(ostinato(["trace", "mt", "a ".repeat(60), "--attention-svg", "old.svg"]).stderr).not.toMatch(/is read/);
  expect(readFileSync(join(folder, "old.svg"), "utf8")).toContain("<svg");
  expect(ostinato(["inspect", "lm", "--text", "text.txt", "--out", "lm/report.html"]).status).toBe(0);
  expect(ostinato(["inspect", "lm", "--text", "text.txt", "--out", "old.html"]).status).toBe(0);
  expect(readFileSync(join(folder, "old.html"), "utf8")).toContain("<html");
});
