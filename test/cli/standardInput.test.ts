import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groupLines } from "../../lib/cli/standardInput.js";

const signal = new AbortController().signal;

async function* piecesOf(...parts: (string | number | Error)[]): AsyncGenerator<string, void> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    if (typeof part === "number") await setTimeout(part);
    else yield part;
  }
}

async function groupsOf(pieces: AsyncGenerator<string, void>, options: { largest: number; pause: number | null }) {
  const groups: string[][] = [];
  for await (const lines of groupLines(pieces, { ...options, signal })) groups.push(lines);
  return groups;
}

test("lines are handed out when the input pauses, and at most a number of them at once", async () => {
  const pieces = () => piecesOf("a\nb", "\nc\n", 200, "d", "\n", "\n", "e");
  expect(await groupsOf(pieces(), { largest: 100, pause: 40 })).toEqual([
    ["a", "b", "c"],
    ["d", "", "e"],
  ]);
  expect(await groupsOf(pieces(), { largest: 2, pause: null })).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["", "e"],
  ]);
  expect(await groupsOf(piecesOf(), { largest: 2, pause: 40 })).toEqual([]);
});

test("lines before an error are handed out first", async () => {
  const groups: string[][] = [];
  const reading = (async () => {
    const pieces = piecesOf("a\nb\nc", new Error("cut off"));
    for await (const lines of groupLines(pieces, { largest: 9, pause: 40, signal })) groups.push(lines);
  })();
  await expect(reading).rejects.toThrow("cut off");
  expect(groups).toEqual([["a", "b"]]);
});

test("a signal ends the wait for lines", async () => {
  const controller = new AbortController();
  const waiting = groupLines(piecesOf(10_000, "a\n"), { largest: 9, pause: 40, signal: controller.signal }).next();
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  // One that came before there was anybody to hear it, too.
  const late = groupLines(piecesOf("a\n"), { largest: 9, pause: null, signal: controller.signal }).next();
  await expect(late).rejects.toThrow("stopped");
});

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-input-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;
const [speller, answerer] = [join(folder, "speller"), join(folder, "answerer")];

function ostinato(args: string[], input: string | Buffer = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, input, timeout: 170_000 });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

beforeAll(() => {
  const small = ["--hidden-size", "16", "--batch-size", "8", "--validation", "0", "--learning-rate", "0.03"];
  const short = ["ab", "ba", "aa", "bb"];
  const words = [...short, ...short.flatMap((x) => short.map((y) => x + y))];
  const rows = words.map((word) => `${word}\t${[...word.toUpperCase()].join(" ")}\n`);
  writeFileSync(join(folder, "words.tsv"), rows.join(""));
  writeFileSync(join(folder, "chat.csv"), `Q,A\n${words.map((word) => `${word},"yes\nno"\n`).join("")}`);
  const trained = [
    ostinato(["train", "transliterate", join(folder, "words.tsv"), "-o", speller, ...small, "--epochs", "80"]),
    ostinato([
      "train",
      "chat",
      join(folder, "chat.csv"),
      "-o",
      answerer,
      ...small,
      "--epochs",
      "30",
      "--vocabulary",
      "270",
    ]),
  ];
  for (const { status, stderr } of trained) expect(status, stderr).toBe(0);
}, 120_000);

test("translate and chat have one line out for one line in, whatever is in the lines", () => {
  // A lone carriage return and U+2028 are characters, which this model does not know; so is "x".
  const input = "\ufeffab\r\n\nb\ra\na\u2028b\nxx\nba";
  const right = /^A B\n\n.*\n.*\n.*\nB A\n$/;
  for (const args of [[], ["--batch-size", "1"]]) {
    const { status, stdout, stderr } = ostinato(["translate", speller, ...args], input);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(right);
  }
  const { status, stdout, stderr } = ostinato(["chat", speller], input);
  expect(stdout).toMatch(right);
  expect(stderr).toMatch(/^error: translate: none of the tokens/);
  expect(status).toBe(0);
}, 60_000);

test("a target that holds a line end is written on one line; --json keeps it", () => {
  expect(ostinato(["translate", answerer], "ab\nbb\n").stdout).toBe("yes no\nyes no\n");
  expect(ostinato(["chat", answerer], "ab\nbb\n").stdout).toBe("yes no\nyes no\n");
  expect(JSON.parse(ostinato(["translate", answerer, "--json"], "ab\n").stdout).text).toBe("yes\nno");
}, 60_000);

test("several targets of a source begin with its number, and want no --beams", () => {
  const { stdout, status } = ostinato(["translate", speller, "--n-best", "6"], "ab\n\nba\n");
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => line.split("\t")[0]).join("")).toMatch(/^1+23+$/);
  expect(lines.filter((line) => line.startsWith("1\t")).length).toBe(6);
  expect(lines).toContain("1\tA B");
  expect(lines).toContain("2\t");
}, 60_000);

test("bytes that are not UTF-8 are an error after the lines before them", () => {
  const input = Buffer.concat([Buffer.from("ab\nba\n"), Buffer.of(0xbe, 0xc8, 0xb3, 0xe7, 0x0a)]);
  for (const command of ["translate", "chat"]) {
    const { status, stdout, stderr } = ostinato([command, speller], input);
    expect(stderr).toBe(
      "error: standard input is not UTF-8: byte 0xBE at offset 6 (line 3) cannot stand there. " +
        "It looks like Korean text in CP949. Convert it: iconv -f CP949 -t UTF-8\n",
    );
    expect([status, stdout]).toEqual([1, "A B\nB A\n"]);
  }
}, 60_000);

test("blank lines alone are no other language, and no lines at all are said", () => {
  expect(ostinato(["translate", speller], "\n \n")).toEqual({ status: 0, stdout: "\n\n", stderr: "" });
  expect(ostinato(["translate", speller], "")).toEqual({
    status: 0,
    stdout: "",
    stderr: "translate: standard input is empty, so there is nothing to write.\n",
  });
  expect(ostinato(["translate", speller], "xx\n\n")).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^.*\n\n$/),
  });
}, 60_000);

test.each(["translate", "chat"])(
  "%s answers a pipe that waits, and a signal ends it",
  async (command) => {
    const child = spawn(process.execPath, [main, command, speller], { env });
    for (const [line, answer] of [
      ["ab\n", "A B\n"],
      ["bb\n", "B B\n"],
    ] as const) {
      child.stdin.write(line);
      expect(String(await once(child.stdout, "data"))).toBe(answer);
    }
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([143, null]);
  },
  60_000,
);

test("lines of a file on standard input draw as they do in a pipe, however they are grouped", () => {
  const lines = Array.from({ length: 200 }, (_, i) => ["ab", "ba", "aabb", ""][i % 4] as string);
  const file = join(folder, "lines.txt");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const draw = ["translate", speller, "--beams", "1", "--temperature", "3", "--seed", "5"];
  const fromFile = (batch: string) => {
    const stdio = [openSync(file, "r"), "pipe", "inherit"] as const;
    return spawnSync(process.execPath, [main, ...draw, "--batch-size", batch], {
      env,
      stdio: [...stdio],
    }).stdout.toString();
  };
  const whole = fromFile("200");
  expect(whole.split("\n").length).toBe(201);
  expect(new Set(whole.split("\n")).size).toBeGreaterThan(4);
  expect(fromFile("2")).toBe(whole);
  expect(ostinato(draw, `${lines.join("\n")}\n`).stdout).toBe(whole);
}, 60_000);
