import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { commandFolder, env, main } from "./commandFolder.js";

const { folder, ostinato, file, weights, refused } = commandFolder("pairs");

// Words of three letters of six, spelled in capitals.
const words = ["a", "b", "c", "d", "e", "f"].flatMap((x, _, all) => all.flatMap((y) => all.map((z) => x + y + z)));
const capitals = (word: string) => [...word.toUpperCase()].join(" ");
const table = file("words.tsv", `${words.map((word) => `${word}\t${capitals(word)}`).join("\n")}\n`);
const sources = file("words.src", `${words.join("\n")}\n`);
const targets = file("words.tgt", `${words.map(capitals).join("\n")}\n`);
const small = ["--hidden-size", "32", "--embedding-size", "16", "--batch-size", "16", "--learning-rate", "0.01"];
const model = join(folder, "model");

test("train transliterate, translate, evaluate, trace, map, info, inspect and quantize work one after the other", () => {
  const trained = ostinato([
    ...["train", "transliterate", table, "--test", table, "--out", model, ...small],
    ...["--epochs", "12", "--sample-every", "60"],
  ]);
  expect(trained.stderr).toMatch(/205 pairs to learn, 11 to validate; vocabularies of 8 character and 8 word tokens/);
  expect(trained.stderr).toMatch(/\n {2}-> [A-F ]+\n {5}\([A-F ]+\)/);
  expect(trained.stdout).toMatch(/^test \d\.\d+ nats/);
  expect(trained.status).toBe(0);

  // An empty line stays one.
  const written = ostinato(["translate", model], "fab\n\nbad\r\n");
  expect(written).toEqual({ status: 0, stdout: "F A B\n\nB A D\n", stderr: "" });
  expect(ostinato(["translate", model, "cab", "fed", "--beams", "2", "--n-best", "2", "--scores"]).stdout).toMatch(
    /^1\t-\d\.\d{4}\tC A B\n1\t-\d+\.\d{4}\t.*\n2\t-\d\.\d{4}\tF E D\n2\t-\d+\.\d{4}\t.*\n$/,
  );
  const json = JSON.parse(ostinato(["translate", model, "ace", "--json"]).stdout);
  expect(json).toMatchObject({ source: "ace", text: "A C E", hypotheses: [{ tokens: ["A", "C", "E"], ended: true }] });
  const drawn = ["translate", model, "ace", "--temperature", "2", "--seed", "1", "--beams", "1"];
  expect(ostinato(drawn).stdout).toBe(ostinato(drawn).stdout);

  expect(ostinato(["evaluate", model, sources, targets]).stdout).toMatch(
    /^864 tokens: .*\n216 sources, 216 references:\n {2}BLEU +none .*\n {2}chrF .*\n {2}ROUGE-L .*\n {2}exact +(9\d|100)\.\d\d %.*\n {2}error rate +\d\.\d\d % of symbols\n/,
  );
  expect(JSON.parse(ostinato(["evaluate", model, table, "--json", "--beams", "1"]).stdout)).toMatchObject({
    sources: 216,
  });

  const [attention, tree] = [join(folder, "a.svg"), join(folder, "t.svg")];
  const traced = ostinato(["trace", model, "bed", "--attention-svg", attention, "--tree-svg", tree]);
  expect(traced.stdout).toMatch(/^B E D\n\n.*b.*e.*d/);
  expect(traced.stdout).toMatch(/#1/);
  for (const picture of [attention, tree]) expect(readFileSync(picture, "utf8")).toMatch(/^<svg/);
  const map = join(folder, "map.svg");
  expect(ostinato(["map", model, sources, "--out", map]).stdout).toMatch(
    /216 vectors: \d+\.\d % of their variance lies along x/,
  );
  expect(existsSync(map)).toBe(true);

  expect(ostinato(["info", model]).stdout).toMatch(
    /Seq2Seq: [\d,]+ parameters in float32; source: character tokens, vocabulary 8; target: word tokens, vocabulary 8/,
  );
  const rounded = ostinato(["quantize", model, join(folder, "int8"), "--evaluate", table]);
  expect(rounded.stdout).toMatch(/int8 weights, .*\nPerplexity 1\.\d+ before, 1\.\d+ after/);
  expect(ostinato(["translate", join(folder, "int8"), "bed"]).stdout).toBe("B E D\n");
  expect(ostinato(["inspect", model, "--text", table]).status).toBe(0);
  expect(readFileSync(join(model, "report.html"), "utf8")).toMatch(/What it writes.*Attention/s);
}, 120_000);

test("a chat answers line by line, and a question it cannot read does not end it", async () => {
  const csv = file(
    "chat.csv",
    `Q,A,label\n${words.map((word) => `${word} ?,"${capitals(word)}, yes",0`).join("\n")}\n`,
  );
  const out = join(folder, "chat");
  const trained = ostinato([
    ...["train", "chat", csv, "--out", out, ...small, "--epochs", "1", "--maximum-steps", "5"],
    ...["--tokenizer", "word", "--validation", "0"],
  ]);
  expect(trained.status, trained.stderr).toBe(0);
  const { stdout, stderr, status } = ostinato(["chat", out, "--maximum-length", "4"], "abc ?\nxyz\nfed ?\n");
  expect(stderr).toMatch(/error: translate: none of the tokens/);
  expect(stdout.split("\n").length).toBe(4);
  expect(status).toBe(0);
  if (!existsSync("/usr/bin/script")) return;
  // On a terminal each question has a prompt, and an empty line ends the talk; a pipe sees the answers alone.
  const questions = ["abc ?", "xyz", "fed ?", ""];
  const some = ["chat", out, "--minimum-length", "1", "--maximum-length", "4"];
  const [first, , third] = ostinato(some, questions.join("\n")).stdout.split("\n");
  const { shown, code } = await talk(some, questions);
  expect(code, shown).toBe(0);
  expect(shown.match(/> /g)?.length, shown).toBe(4);
  const said = shown.split("\n").map((line) => line.replaceAll("> ", ""));
  expect(
    said.filter((line) => !questions.includes(line)),
    shown,
  ).toEqual([first, expect.stringMatching(/^error: translate: none of the tokens/), third]);
}, 60_000);

/** Types a line at each prompt of a call on a terminal: one that is typed before may be lost. @returns all that was shown. */
async function talk(call: readonly string[], lines: readonly string[]): Promise<{ shown: string; code: number }> {
  const command = [process.execPath, main, ...call].map((word) => `'${word}'`).join(" ");
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { env: { ...env, NO_COLOR: "1" }, timeout: 30_000 });
  let [output, prompts] = ["", 0];
  terminal.stdout.setEncoding("utf8").on("data", (piece: string) => {
    output += piece;
    for (const count = output.split("> ").length - 1; prompts < count; prompts++) {
      if (prompts < lines.length) terminal.stdin.write(`${lines[prompts]}\n`);
      if (prompts === lines.length - 1) terminal.stdin.end();
    }
  });
  const [code] = (await once(terminal, "close")) as [number];
  return { shown: stripVTControlCharacters(output).replaceAll("\r", ""), code };
}

test("an autoencoder writes its lines again", () => {
  const out = join(folder, "copies");
  const text = file("lines.txt", `${words.map(capitals).join("\n")}\n`);
  const { status, stderr } = ostinato([
    ...["train", "autoencoder", text, "--out", out, ...small, "--tokenizer", "word", "--epochs", "30"],
  ]);
  expect(status, stderr).toBe(0);
  const scores = JSON.parse(ostinato(["evaluate", out, text, "--copies", "--json"]).stdout) as { exact: number };
  expect(scores.exact).toBeGreaterThan(0.8);
}, 60_000);

test("a stopped training of pairs goes on to the same weights", () => {
  const run = (name: string, steps: number, ...more: string[]) => {
    const given = ["--maximum-steps", String(steps), "--teacher-forcing", "linear:1:0:20", "--dropout", "0.1", ...more];
    const { status, stderr } = ostinato([
      "train",
      "transliterate",
      table,
      "--out",
      join(folder, name),
      ...small,
      ...given,
    ]);
    expect(status, stderr).toBe(0);
  };
  run("whole", 20);
  run("parts", 9);
  refused(
    [
      "train",
      "transliterate",
      table,
      "--out",
      join(folder, "parts"),
      ...small,
      "--resume",
      "--source-tokenizer",
      "word",
    ],
    /--source-tokenizer word contradicts the training in .*parts, which began without/,
    2,
  );
  run("parts", 20, "--resume");
  expect(weights("parts").equals(weights("whole"))).toBe(true);
}, 60_000);

test("bad input gets one sentence with file and line", () => {
  const languageModel = join(folder, "lm");
  ostinato([
    "train",
    "lm",
    sources,
    "-o",
    languageModel,
    "--hidden-size",
    "8",
    "--layers",
    "1",
    "--batch-size",
    "4",
    "--maximum-steps",
    "1",
  ]);
  const out = ["--out", join(folder, "never"), ...small];
  const short = file("short.tgt", "A\nB\n");
  refused(
    ["train", "translate", sources, short, ...out],
    /words.src has 216 lines and .*short.tgt has 2: .* Line 3 of .*words.src has no partner/,
  );
  const hole = file("hole.tsv", "a\tA\nb\t\n");
  refused(["train", "transliterate", hole, ...out], /hole.tsv, line 2: column 2 is empty/);
  const long = file("long.tsv", `a\tA\n${"b".repeat(40)}\tB\n${"c\tC\n".repeat(20)}`);
  refused(
    ["train", "transliterate", long, ...out, "--maximum-length", "30"],
    /long.tsv, line 2: the source has 40 tokens, and at most 30 are allowed/,
  );
  refused(["train", "chat", table, ...out], /words.tsv has no column "Q"/, 2);
  refused(["train", "transliterate", sources, targets, table, ...out], /got 3 files/, 2);
  const shared = ["train", "translate", sources, targets, ...out, "--shared-embedding", "--tokenizer", "word"];
  refused(shared, /no token in common. Leave --shared-embedding out/, 2);
  refused([...shared, "--source-tokenizer", "character"], /--tokenizer and --source-tokenizer exclude each other/, 2);
  refused(
    ["train", "transliterate", table, ...out, "--attention", "none", "--attend", "before"],
    /--attend needs --attention .*, got none/,
    2,
  );
  refused(["train", "transliterate", table, ...out, "--teacher-forcing", "often"], /expected a share/, 2);
  refused(["translate", join(folder, "nowhere"), "a"], /There is no model folder/);
  // Lines that it cannot read do not stop those that it can; a file of nothing else is an error, after all is written.
  expect(
    ostinato(["translate", model, "--batch-size", "1"], `${"bad\n".repeat(16)}xyz\nbed\n`).stdout.split("\n").length,
  ).toBe(19);
  const unread = ostinato(["translate", model], "xyz\nwww\n");
  expect(unread.stderr).toMatch(/error: translate: none of the tokens is among the 8/);
  expect([unread.status, unread.stdout.split("\n").length]).toEqual([1, 3]);
  refused(["train", "transliterate", table, ...out, "--validation", ""], /--validation is empty/, 2);
  for (const words of [["0.1", table], ["1.5"]]) {
    refused(["train", "transliterate", table, ...out, "--validation", ...words], /files, or one share from 0/, 2);
  }
  refused(["translate", model, "abc", "--beams", "2", "--n-best", "3"], /n-best 3/, 2);
  refused(["translate", model, "abc", "--seed", "1"], /--seed is for what is drawn/, 2);
  for (const command of ["translate", "chat", "trace", "map"]) {
    refused(
      [command, languageModel, ...(command === "chat" ? [] : [table])],
      new RegExp(
        `${command}: .* holds a LanguageModel, which ${command} does not take; it can generate, evaluate, inspect, quantize, probe, profile, export\\. ` +
          "Models that it takes: [\\w, ]*Seq2Seq[\\w, ]*\\.",
      ),
      2,
    );
  }
  refused(
    ["generate", model],
    /holds a Seq2Seq, which generate does not take; it can .*translate.*: [\w, ]*LanguageModel[\w, ]*\./,
    2,
  );
  expect(existsSync(join(folder, "never"))).toBe(false);
}, 90_000);
