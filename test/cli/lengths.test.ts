import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused } = commandFolder("lengths");
const letters = "abcdefgh";
const text = (length: number) => letters.repeat(Math.ceil(length / 8)).slice(0, length);
const small = ["--hidden-size", "8", "--heads", "2", "--layers", "1", "--batch-size", "8", "--maximum-steps", "3"];

function trained(args: readonly string[]): string {
  const { status, stderr, stdout } = ostinato(["train", ...args, ...small, "--overwrite"]);
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

describe("lines", () => {
  const command = (file: string, contextLength: number, ...more: string[]) => [
    ...["transformer", file, "--sentences", "--context-length", `${contextLength}`, "--out", "lines", ...more],
  ];
  const names = file("names.txt", Array.from({ length: 200 }, (_, i) => `${text(1 + (i % 13))}\n`).join(""));
  const long = file("long.txt", Array.from({ length: 40 }, (_, i) => `${text(i === 29 ? 130 : 9)}\n`).join(""));

  test("of every length that the context has room for are learnt", () => {
    trained(command(names, 15));
    trained(command(long, 100, "--long", "cut", "--validation", "0"));
  });

  test("that are too long are cut or left out where they are held out too, or refused by name", () => {
    for (const rule of ["cut", "skip"]) {
      trained(command(long, 64, "--long", rule, "--validation", long));
      trained(command(long, 64, "--long", rule, "--maximum-length", "200", "--validation", "0.4"));
    }
    const too =
      /Line 30 of the text has 130 tokens, 131 with its end, and this model reads at most 96 \(--context-length\)/;
    const help =
      /Have long lines cut or skipped \(--long cut, --long skip\), or train a model with a longer context \(--context-length/;
    for (const more of [[], ["--maximum-length", "200"]]) {
      refused(["train", ...command(long, 96, ...more, ...small, "--overwrite")], too);
      refused(["train", ...command(long, 96, ...more, ...small, "--overwrite")], help);
    }
  });

  test("of a file for the end are measured before the training begins", () => {
    const args = ["train", ...command(names, 64, "--test", long, ...small, "--overwrite")];
    refused(args, /Line 30 of the text has 130 tokens, 131 with its end, and this model reads at most 64/);
    const { stderr } = ostinato(args);
    expect(stderr).not.toMatch(/--maximum-length|--long/);
    expect(stderr).not.toMatch(/Done after/);
  });

  test("are measured up to the context, and a longer one is named", () => {
    trained(command(names, 15));
    expect(ostinato(["evaluate", "lines", names]).status).toBe(0);
    refused(["evaluate", "lines", long], /Line 30 of the text has 130 tokens, 131 with its end.* at most 15/);
  });
});

describe("windows", () => {
  const book = file("book.txt", text(4000));

  test("of drawn lengths stay within the context, and longer ones are refused at once", () => {
    const command = ["transformer", book, "--context-length", "32", "--out", "windows"];
    trained([...command, "--window-spread", "4"]);
    refused(
      ["train", ...command, ...small, "--overwrite", "--window-length", "33"],
      /at most 32 tokens at a time \(--context-length\), got windows of 33. Make them shorter \(--window-length\)/,
      2,
    );
  });

  test("shorter than the context leave vectors for later positions untrained, which is said", () => {
    const command = (positions: string, ...more: string[]) => [
      ...["transformer", book, "--context-length", "64", "--positions", positions, "--out", "windows", ...more],
    ];
    const note = /positions from 17 to 64 .* --context-length 16/;
    for (const positions of ["learned", "sinusoidal"]) {
      expect(trained(command(positions, "--window-length", "16"))).toMatch(note);
      expect(trained(command(positions))).not.toMatch(/positions from/);
    }
    expect(trained(command("rotary", "--window-length", "16"))).not.toMatch(/positions from/);
    const lines = trained([
      ...command("learned", "--sentences", "--validation", "0").slice(0, 1),
      file("short.txt", `${text(9)}\n`.repeat(30)),
      ...command("learned", "--sentences", "--validation", "0").slice(2),
    ]);
    expect(lines).toMatch(/positions from 11 to 64 .* --context-length 10/);
  });
});

describe("pairs", () => {
  const pairs = (...lengths: readonly (readonly [number, number])[]) =>
    lengths.map(([source, target]) => `${text(source)}\t${text(target)}\n`).join("");
  const fitting = pairs(...Array.from({ length: 20 }, (_, i) => [1 + (i % 16), 1 + (i % 15)] as const));
  const table = file("fit.tsv", fitting);
  const sixteen = file("sixteen.tsv", fitting + pairs([3, 16]));
  const command = (file: string, ...more: string[]) => [
    ...[
      "transformer-transliterate",
      file,
      "--target-tokenizer",
      "character",
      "--context-length",
      "16",
      "--out",
      "pairs",
      ...more,
    ],
  ];

  test("that fit the context are learnt, longer ones are refused by name before an update or left out", () => {
    trained(command(table));
    const message =
      /sixteen.tsv, line 21: the target has 16 tokens, 17 with its end, and this model reads at most 16 \(--context-length\). Have long pairs skipped \(--long skip\)/;
    refused(["train", ...command(sixteen, "--maximum-length", "16", ...small, "--overwrite")], message);
    expect(trained(command(sixteen, "--long", "skip", "--validation", sixteen, "--sample-every", "1"))).toMatch(
      /2 left out as too long/,
    );
  });

  test("of a file for the end are looked at before the training", () => {
    const end = file("end.tsv", pairs([3, 3], [30, 3]));
    const args = ["train", ...command(table, "--test", end, ...small, "--overwrite")];
    refused(args, /end.tsv, line 2: the source has 30 tokens, and this model reads at most 16/);
    expect(ostinato(args).stderr).not.toMatch(/--long|--maximum-length|Done after/);
  });

  test("are named by evaluate and quantize, and a source by the number of its line, after the answers to those before", () => {
    trained(command(table));
    const line = /sixteen.tsv, line 21: the target has 16 tokens, 17 with its end, and this model reads at most 16/;
    refused(["evaluate", "pairs", sixteen], line);
    refused(["quantize", "pairs", "rounded", "--evaluate", sixteen], line);
    const lines = `${Array.from({ length: 40 }, () => "abc\n").join("")}${text(17)}\nabc\n`;
    const { status, stdout, stderr } = ostinato(["translate", "pairs"], lines);
    expect([status, stdout.split("\n").length]).toEqual([1, 41]);
    expect(stderr).toMatch(
      /translate: line 41: the text has 17 tokens, and this model reads at most 16 \(contextLength\)/,
    );
  });

  test("are profiled with a short context", () => {
    trained(command(table));
    for (const files of [[], [sixteen]]) {
      const { status, stderr } = ostinato(["profile", "pairs", "--steps", "1", ...files]);
      expect(status, stderr).toBe(0);
    }
  });
});

describe("inspect", () => {
  const heads = (model: string) => readFileSync(join(folder, model, "report.html"), "utf8");

  test("of a model of sentences shows one line, its beginning included", () => {
    const lines = file("lines.txt", `\n${text(60)}\nab\n`);
    const learnt = file("learnt.txt", `${text(38)}\n`.repeat(30));
    trained(["transformer", learnt, "--sentences", "--context-length", "40", "--out", "heads"]);
    for (const shown of [[], ["--text", lines]]) {
      const { status, stderr } = ostinato(["inspect", "heads", ...shown]);
      expect(status, stderr).toBe(0);
    }
    expect(heads("heads")).toMatch(/block 1/);
  });

  test("cuts a text of bytes at whole characters", () => {
    const korean = file("korean.txt", "가나다라마바사아자차카".repeat(60));
    trained(["transformer", korean, "--tokenizer", "byte", "--context-length", "32", "--out", "bytes"]);
    for (const shown of [[], ["--text", korean]]) {
      const { status, stderr } = ostinato(["inspect", "bytes", ...shown]);
      expect(status, stderr).toBe(0);
    }
  });
});
