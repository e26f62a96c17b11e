import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, weights, refused } = commandFolder("vectors");

const kinds = [
  ["cat", "dog", "cow"],
  ["garden", "kitchen", "field"],
  ["bread", "soup", "rice"],
  ["king", "queen", "boy"],
];
const at = (kind: number, i: number) => kinds[kind]?.[i % 3];
const lines = Array.from({ length: 900 }, (_, i) =>
  i % 2 === 0
    ? `The ${at(0, i >> 1)} sleeps in the ${at(1, (i * 7) % 11)}.`
    : `The ${at(3, i >> 1)} cooks the ${at(2, (i * 5) % 13)}!`,
);
const text = file("text.txt", `${lines.join("\n")}\n`);
const judged = file("judged.tsv", "cat\tdog\t9\nking\tqueen\t8\ncat\tsoup\t1\nbread\tking\t2\nunicorn\tcat\t5\n");
const small = ["--words", "letters", "--size", "12", "--epochs", "20", "--sample", "0.01", "--learning-rate", "0.1"];

test("train vectors, neighbours, analogy, evaluate, map, inspect, export, import, quantize and info work one after the other", () => {
  const trained = ostinato(["train", "vectors", text, "--out", "words", ...small]);
  expect(trained.stderr).toMatch(/text\.txt: 5,850 tokens to learn; 16 words with a vector, 4,950 of the tokens\./);
  expect(trained.stderr).toMatch(/Done after \d+ updates/);
  expect(trained.status).toBe(0);

  const { stdout } = ostinato(["neighbours", "words", "cat", "soup", "--top", "2"]);
  const near = [...stdout.matchAll(/^0\.\d{4} {2}(\w+)$/gm)].map(([, word]) => word);
  expect(stdout).toMatch(/^cat:\n0\.\d+ {2}\w+\n0\.\d+ {2}\w+\nsoup:\n/);
  expect(near.slice(0, 2).sort()).toEqual(["cow", "dog"]);
  expect(near.slice(2).sort()).toEqual(["bread", "rice"]);
  expect(ostinato(["neighbours", "words", "cat", "--top", "1"]).stdout).toMatch(/^0\.\d{4} {2}\w+\n$/);
  const { neighbours } = JSON.parse(ostinato(["neighbours", "words", "cat", "--json", "--top", "1"]).stdout);
  expect(neighbours).toEqual([{ word: near[0], similarity: expect.any(Number) }]);
  expect(ostinato(["analogy", "words", "cat", "dog", "king", "--top", "3"]).stdout.split("\n")).toHaveLength(4);

  expect(ostinato(["evaluate", "words", judged]).stdout).toMatch(/^judged\.tsv: Spearman 0\.\d+, 4 of 5 pairs\n$/);
  file("nouns.txt", `${kinds.flat().join("\n")}\n`);
  expect(ostinato(["map", "words", "nouns.txt", "--out", "map.svg"]).stdout).toMatch(/^12 vectors: /);
  expect(readFileSync(join(folder, "map.svg"), "utf8")).toContain(">kitchen<");
  expect(ostinato(["inspect", "words", "--words", "cat", "soup", "--text", judged]).stdout).toMatch(/report\.html/);
  const report = readFileSync(join(folder, "words/report.html"), "utf8");
  expect(report).toContain("The table that turns words into vectors");
  expect(report).toContain("4 of 5 pairs");

  expect(ostinato(["export", "words", "words.txt"]).stdout).toBe("words.txt: 16 words, 12 numbers each.\n");
  expect(readFileSync(join(folder, "words.txt"), "utf8")).toMatch(/^16 12\nthe -?\d/);
  expect(ostinato(["export", "words", "-"])).toEqual({
    status: 0,
    stdout: readFileSync(join(folder, "words.txt"), "utf8"),
    stderr: "",
  });
  expect(ostinato(["export", "words", "-", "--json"])).toMatchObject({
    status: 2,
    stdout: expect.stringContaining("--json and the vectors would both go to standard output"),
  });
  ostinato(["export", "words", "words.bin", "--format", "binary"]);
  for (const name of ["words.txt", "words.bin"]) {
    expect(ostinato(["import", name, "--out", `from-${name}`]).status).toBe(0);
    expect(ostinato(["neighbours", `from-${name}`, "cat", "soup", "--top", "2"]).stdout).toBe(stdout);
  }
  expect(ostinato(["quantize", "words", "small", "--evaluate", judged]).stdout).toMatch(
    /Spearman 0\.\d+ before, 0\.\d+ after/,
  );
  expect(ostinato(["info", "words"]).stdout).toMatch(
    /skip-gram vectors of 16 words, 12 numbers each, by negative sampling/,
  );
});

test("the same seed gives the same bytes, and a training goes on", () => {
  const train = (out: string, ...more: string[]) =>
    ostinato(["train", "vectors", text, "--out", out, ...small, "--batch-size", "500", ...more]);
  train("one");
  train("two", "--threads", "1");
  expect(weights("two").equals(weights("one"))).toBe(true);
  train("parts", "--maximum-steps", "40");
  expect(ostinato(["train", "--resume", "parts", "--maximum-steps", "80"]).status).toBe(2);
});

test("every architecture and objective is trained by its name, with a held-out part", () => {
  for (const architecture of ["skip-gram", "cbow"]) {
    for (const objective of ["negative", "hierarchical", "softmax"]) {
      const out = `${architecture}-${objective}`;
      const args = ["--architecture", architecture, "--objective", objective, "--validation", "0.2", "--out", out];
      const { status, stderr } = ostinato(["train", "vectors", text, ...small.slice(0, 4), "--epochs", "1", ...args]);
      expect({ out, status, stderr: status === 0 ? "" : stderr }).toEqual({ out, status: 0, stderr: "" });
      expect(stderr).toMatch(/validation \d\.\d{4} nats a prediction/);
    }
  }
});

test("what is missing or does not fit is said by name", () => {
  refused(["neighbours", "words", "unicorn"], /no vector of "unicorn"/);
  refused(["neighbours", "words", "kat"], /Did you mean "cat"\?/);
  refused(
    ["evaluate", "words", file("bad.tsv", "cat\tdog\t9\ncat\n")],
    /bad\.tsv, line 2: expected two words and a number/,
  );
  refused(["train", "vectors", text, "--out", "x", "--optimizer", "adam"], /plain gradient descent/, 2);
  refused(["train", "vectors", text, "--out", "x", "--clip-norm", "1"], /not clipped/, 2);
  refused(
    ["train", "vectors", text, "--out", "x", "--objective", "softmax", "--negatives", "3"],
    /--negatives needs --objective/,
    2,
  );
  refused(["train", "vectors", file("empty.txt", "\n\n"), "--out", "x"], /no words/);
  refused(
    ["train", "vectors", file("rare.txt", "a b c d e f\n"), "--out", "x"],
    /none occurs often enough.*--minimum-count/,
  );
  const list = file("list.txt", "anna\nbob\n".repeat(9));
  refused(["train", "vectors", list, "--out", "x"], /no line has two words that have a vector.*\(--across-lines\)/);
  expect(ostinato(["train", "vectors", list, "--across-lines", "--epochs", "1", "--out", "list"]).status).toBe(0);
  refused(["import", file("not.txt", "hello\n"), "--out", "x"], /not\.txt, line 1/);
});
