import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outputTo, Painted, resultPieces } from "../../lib/cli/output.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { visible } from "../../lib/visible.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, write: (text: string) => written.push(text), text: () => written.join("") };
}

const hostile = "a\u001b[2J\u202e\u200bb\r\tc\n";

test("a terminal is given no orders by a text, and a pipe its bytes", () => {
  const [terminal, pipe] = [stream(true), stream(false)];
  for (const to of [terminal, pipe]) outputTo(to).write(hostile, new Painted("\u001b[1m!\u001b[0m"));
  expect(terminal.text()).toBe("a\\u{001B}[2J\\u{202E}\\u{200B}b\\u{000D}\tc\n\u001b[1m!\u001b[0m");
  expect(pipe.text()).toBe(`${hostile}\u001b[1m!\u001b[0m`);
});

test("JSON on a terminal is JSON of the same value", () => {
  const terminal = stream(true);
  const value = { text: `${hostile}\u{e0041}\u009b` };
  outputTo(terminal).json(value);
  expect(terminal.text()).not.toMatch(/[\u200b\u202e\u009b]|\u{e0041}/u);
  expect(JSON.parse(terminal.text())).toEqual(value);
});

test("numbers that JSON does not have are texts, and not null", () => {
  const pipe = stream(false);
  outputTo(pipe).json({ loss: Number.NaN, ranked: [Number.POSITIVE_INFINITY, -1 / 0, 1.5], nothing: null });
  expect(pipe.text()).toBe('{"loss":"NaN","ranked":["Infinity","-Infinity",1.5],"nothing":null}\n');
});

test("a text in pieces is shown as the whole one would be, wherever it is cut", () => {
  const text = "x👩‍💻y\u200d می‌خواهم \u202ez\u200b👍🏽‍";
  const characters = [...text];
  for (let cut = 0; cut <= characters.length; cut++) {
    const [parts, whole] = [stream(true), stream(true)];
    const pieces = resultPieces(parts);
    pieces.push(characters.slice(0, cut).join(""));
    pieces.push(characters.slice(cut).join(""));
    pieces.end();
    outputTo(whole).write(text);
    expect(parts.text()).toBe(whole.text());
  }
  const single = stream(true);
  const pieces = resultPieces(single);
  for (const character of characters) pieces.push(character);
  pieces.end();
  const whole = stream(true);
  outputTo(whole).write(text);
  expect(single.text()).toBe(whole.text());
});

test.skipIf(!existsSync("/usr/bin/script"))(
  "on a terminal a model's text is visible, in a pipe it is as the model wrote it (skipped where there is no script)",
  async () => {
    const folder = join(await temporaryFolder(), "a\u202emodel");
    const tokenizer = CharacterTokenizer.fromText("\u001b\u202e\u200b\u009b");
    const model = await LanguageModel.create({
      tokenizer,
      executor: new ReferenceExecutor(),
      layers: 1,
      hiddenSize: 2,
    });
    await model.save(folder);
    const main = join(import.meta.dirname, "../../dist/packed/main.js");
    const command = `'${process.execPath}' '${main}' generate '${folder}' -n 40 --seed 1`;
    const run = (program: string, values: string[]) => spawnSync(program, values, { encoding: "utf8" }).stdout;
    const terminal = run("script", ["-qec", command, "/dev/null"]).replaceAll("\r\n", "\n");
    const pipe = run("sh", ["-c", command]);
    expect(terminal).toMatch(/^(\\u\{(001B|202E|200B|009B)\}){40}\n$/);
    expect([...pipe]).toHaveLength(41);
    expect(visible(pipe)).toBe(terminal);
    // A name of a file comes back in an error.
    const missing = run("script", ["-qec", command.replace("model'", "nowhere'"), "/dev/null"]);
    expect(missing).toContain("There is no model folder");
    expect(missing).toContain("a\\u{202E}nowhere");
    expect(missing).not.toContain("\u202e");
  },
);

test("nothing in the command line writes past output.ts, and only pictures are painted", () => {
  const folder = join(import.meta.dirname, "../../lib/cli");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const sources = files.map((file) => ({ file, source: readFileSync(join(folder, file), "utf8") }));
  const writers = sources.filter(({ source }) => /\bstd(out|err)\.write\(|console\./.test(source));
  expect(writers.map(({ file }) => file)).toEqual([]);
  const painted = sources.flatMap(({ source }) => [...source.matchAll(/new Painted\((\w+)/g)].map(([, what]) => what));
  expect(new Set(painted)).toEqual(
    new Set([
      "colours",
      "legend",
      "colourText",
      "attentionTerminal",
      "beamTreeTerminal",
      "forecastTerminal",
      "taggedTerminal",
    ]),
  );
});
