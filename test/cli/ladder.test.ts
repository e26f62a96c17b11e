import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tableLines } from "../../lib/cli/ladder/row.js";
import type { LadderText, Rung } from "../../lib/cli/ladder/rung.js";
import { rungs } from "../../lib/cli/ladder/rungs.js";
import { Corpus, WordTokenizer } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { loadTrainerHistory } from "../../lib/formats/index.js";
import { parseXml } from "../viz/wellFormed.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused, weights } = commandFolder("ladder");
const prose = Array.from(
  { length: 260 },
  (_, i) => `the ${["old", "sea", "grey"][i % 3]} ship ${["sails", "sleeps"][i % 2]} on`,
);
file("text.txt", `${prose.join("\n")}\n`);
const small = [
  "text.txt",
  "--hidden-size",
  "8",
  "--epochs",
  "2",
  "--batch-size",
  "4",
  "--window-length",
  "8",
  "--dropout",
  "0",
];

test("ladder makes each model once, measures all on the same text, and keeps the table and the picture", () => {
  const first = ostinato(["ladder", ...small, "--only", "rnn", "lstm"]);
  expect(first.stderr).toMatch(/1 of 2, RNN: .*\n(?:.*\n)*.*2 of 2, LSTM: /);
  expect(first.status).toBe(0);
  const [head, rnn, lstm] = first.stdout.split("\n") as [string, string, string];
  expect(head).toMatch(/^model +perplexity +bits per character +time +parameters +tokens\/s$/);
  expect(rnn).toMatch(/^RNN +\d+\.\d+ +\d\.\d{3} +\d+ s +[\d,]+ +[\d,]+$/);
  expect(lstm).toMatch(/^LSTM +/);
  parseXml(readFileSync(join(folder, "ladder/ladder.svg"), "utf8"));
  expect(readFileSync(join(folder, "ladder/ladder.txt"), "utf8")).toBe(first.stdout);

  const rates = ["rnn", "lstm"].map((name) => {
    return JSON.parse(readFileSync(join(folder, "ladder", name, "trainer.json"), "utf8")).steps[0].learningRate;
  });
  // A plain RNN learns more slowly than gates do; the rate of both rises in 50 steps.
  expect(rates).toEqual([expect.closeTo(0.002 / 50, 12), expect.closeTo(0.006 / 50, 12)]);

  const { perplexity } = JSON.parse(readFileSync(join(folder, "ladder/ladder.json"), "utf8")).rows[1];
  // The last twentieth of the text, on which all are measured.
  const again = ostinato(["ladder", ...small, "--only", "lstm", "--json"]);
  expect(JSON.parse(again.stdout).perplexity).toBe(perplexity);
  expect(again.stderr).toBe("");

  const more = ostinato(["ladder", ...small, "--only", "rnn", "gru"]);
  expect(more.stderr).not.toMatch(/1 of 2, RNN/);
  expect(more.stderr).toMatch(/2 of 2, GRU/);
  const rows = JSON.parse(readFileSync(join(folder, "ladder/ladder.json"), "utf8")).rows;
  expect(rows.map(({ name }: { name: string }) => name)).toEqual(["rnn", "gru", "lstm"]);
  expect(ostinato(["evaluate", "ladder/lstm", "text.txt"]).stdout).toMatch(/perplexity/);
});

test("a ladder does not take the place of another one, nor of models that are not its own, unless it is told to", () => {
  const bigram = ["ladder", ...small, "--only", "bigram", "--out", "kept"];
  expect(ostinato(bigram).status).toBe(0);
  const before = readFileSync(join(folder, "kept/ladder.json"), "utf8");
  const others = [...bigram, "--vocabulary", "5"];
  refused(
    others,
    /kept holds a ladder of another text, other settings or another version\. Choose another folder, or overwrite it \(--overwrite\)\./,
  );
  expect(readFileSync(join(folder, "kept/ladder.json"), "utf8")).toBe(before);
  expect(ostinato(["train", "ngram", "text.txt", "--out", "kept/kneser-ney"]).status).toBe(0);
  refused(
    ["ladder", ...small, "--only", "bigram", "kneser-ney", "--out", "kept"],
    /kept.kneser-ney holds a model already\. /,
  );
  const replaced = ostinato([...others, "--overwrite"]);
  expect([replaced.status, replaced.stderr]).toEqual([0, expect.stringContaining("1 of 1, 2-gram")]);
  expect(ostinato(others).stderr).not.toContain("1 of 1");
});

test("a folder that cannot be made is told in a sentence", () => {
  file("plain.txt", "not a folder");
  refused(["ladder", ...small, "--only", "bigram", "--out", "plain.txt"], /Could not write plain\.txt.*\./);
});

test("a rung that was stopped after its model was made, and before it was measured, is made again", () => {
  const bigram = ["ladder", ...small, "--only", "bigram", "--out", "unmeasured"];
  expect(ostinato(bigram).status).toBe(0);
  const place = join(folder, "unmeasured/ladder.json");
  const { key } = JSON.parse(readFileSync(place, "utf8"));
  writeFileSync(place, JSON.stringify({ key, begun: "bigram", rows: [] }));
  expect(ostinato(bigram)).toMatchObject({ status: 0, stderr: expect.stringContaining("1 of 1, 2-gram") });
  // A rung that this ladder has not begun is somebody else's.
  writeFileSync(place, JSON.stringify({ key, rows: [] }));
  refused(bigram, /unmeasured.bigram holds a model already\. /);
});

test("a rung that was stopped goes on to the bits of one that was not, and not from what another ladder left there", async () => {
  const corpus = Corpus.fromText(prose.join("\n"));
  const tokenizer = await WordTokenizer.fromCorpus(corpus, { unknown: true });
  const { train, validation } = (await corpus.tokenize(tokenizer)).split({ validation: 0.1 });
  const sizes = { hiddenSize: 8, batchSize: 4, windowLength: 8, epochs: 2, maximumSteps: undefined, seed: 1 };
  const rest = { tokenizer, train, validation, executor: nativeExecutor() };
  const gru = rungs.find(({ name }) => name === "gru") as Rung;
  const climb = (out: string, dropout: number, stopAt = 2) => {
    const text: LadderText = { ...rest, settings: { ...sizes, dropout } };
    const controller = new AbortController();
    const record = { command: "ladder", files: { train: [] }, options: { key: `${dropout}` } };
    const onProgress = (share: number) => share >= stopAt && controller.abort();
    return gru.make({
      text,
      below: new Map(),
      folder: join(folder, out),
      record,
      signal: controller.signal,
      onProgress,
    });
  };
  const whole = await climb("whole", 0.2);
  await expect(climb("halved", 0.2, 0.5)).rejects.toThrow(/abort/);
  const halved = await climb("halved", 0.2);
  expect(halved.tokens).toBe(whole.tokens);
  expect(weights("halved")).toEqual(weights("whole"));
  const { steps } = await loadTrainerHistory(join(folder, "halved"));
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
  // One that is finished is not learnt again, and one that another ladder began is.
  expect((await climb("halved", 0.2)).tokens).toBe(whole.tokens);
  expect((await loadTrainerHistory(join(folder, "halved"))).steps).toEqual(steps);
  await expect(climb("other", 0.3, 0.5)).rejects.toThrow(/abort/);
  await climb("other", 0.2);
  expect(weights("other")).toEqual(weights("whole"));
  refused(
    ["train", "--resume", "halved"],
    /halved is a rung of a ladder: the `ostinato ladder` that began it goes on with it/,
  );
});

test("other settings, and another text under the same name, are another ladder", () => {
  const call = ["ladder", ...small, "--only", "rnn", "--out", "other"];
  expect(ostinato(call).stderr).toMatch(/1 of 1, RNN/);
  expect(ostinato(call).stderr).not.toMatch(/1 of 1, RNN/);
  refused([...call, "--seed", "2"], /other holds a ladder of another text, other settings or another version\./);
  expect(ostinato([...call, "--seed", "2", "--overwrite"]).stderr).toMatch(/1 of 1, RNN/);
  writeFileSync(join(folder, "text.txt"), `${prose.reverse().join("\n")}\n`);
  expect(ostinato([...call, "--overwrite"]).stderr).toMatch(/1 of 1, RNN/);
});

test("counts, networks and their mixture stand in one table, with a sentence for what is no better", () => {
  file("again.txt", `${prose.join("\n")}\n`);
  const { status, stdout, stderr } = ostinato([
    "ladder",
    "again.txt",
    ...small.slice(1),
    "--maximum-steps",
    "3",
    "--out",
    "all",
  ]);
  expect(status, stderr).toBe(0);
  const models = stdout
    .split("\n\n")[0]
    ?.split("\n")
    .map((line) => line.split("  ")[0]);
  expect(models).toEqual(
    expect.arrayContaining(["2-gram, additive", "5-gram, Kneser-Ney", "RNN", "LSTM", "LSTM and 5-gram"]),
  );
  expect(stdout).toMatch(
    /^No better than a model above it\. Networks need more text.*\n(?: {2}.*\n)* {2}RNN: what it keeps fades/m,
  );
  expect(stdout).not.toMatch(/^ {2}2-gram/m);
  const inside = (name: string) => JSON.parse(ostinato(["info", `all/${name}`, "--json"]).stdout);
  expect(inside("both").model).toBe("Mixture");
  const counted = ["bigram", "kneser-ney"].map((name) => inside(name).config);
  expect(counted.map(({ counts, smoothing }) => [counts.length, smoothing])).toEqual([
    [2, "additive"],
    [5, "modifiedKneserNey"],
  ]);
  expect(inside("lstm-2").config).toMatchObject({ layers: 2, connections: "residual", tied: true });
  expect(inside("characters").config).toMatchObject({ layers: 1 });
  // A mixture takes the models of an earlier call from their folders.
  rmSync(join(folder, "all/both"), { recursive: true });
  const rest = ["--maximum-steps", "3", "--out", "all", "--only", "lstm-2", "kneser-ney", "both"];
  const again = ostinato(["ladder", "again.txt", ...small.slice(1), ...rest]);
  expect(again.stderr.match(/^\d of \d, .*?:/gm)).toEqual(["3 of 3, LSTM and 5-gram:"]);
  const perplexityIn = (text: string) => /^LSTM and 5-gram +(\S+)/m.exec(text)?.[1];
  expect(perplexityIn(again.stdout)).toBe(perplexityIn(stdout));
  refused(["ladder", "again.txt", "--only", "both"], /both is made of lstm-2 and kneser-ney: name them too/, 2);
});

test("every model but the first has a sentence for where it is no better than those above it", () => {
  const row = { perplexity: 9, seconds: 1, parameters: 2, tokensPerSecond: 3, sample: "" };
  const lines = tableLines(
    rungs.map(({ name, title }) => ({ ...row, name, title })),
    rungs,
  );
  const reasons = lines.filter((line) => /^ {2}\S/.test(line)).map((line) => line.split(":")[0]?.trim());
  expect(reasons).toEqual(rungs.slice(1).map(({ title }) => title));
});

test("words beyond the 10,000 most frequent are unknown unless --vocabulary says otherwise", () => {
  file("words.txt", Array.from({ length: 12_000 }, (_, i) => `word${i}${i % 10 === 9 ? "\n" : " "}`).join(""));
  const call = ["ladder", "words.txt", "--only", "bigram", "--tokenizer", "word", "--out", "words"];
  expect(ostinato(call).stderr).toMatch(/; vocabulary 10,000\.\n/);
  expect(ostinato([...call, "--vocabulary", "50"]).stderr).toMatch(/; vocabulary 50\.\n/);
});

test("a rung that there is not, a text that is too short, and a damaged ladder.json are refused", () => {
  refused(["ladder", ...small, "--only", "ltsm"], /there is no rung "ltsm"; did you mean lstm\? There are /, 2);
  file("short.txt", "the old ship\n");
  refused(["ladder", "short.txt"], /short\.txt has \d+ tokens, which leaves .* and at least 20 are needed/);
  refused(["ladder", "none.txt"], /There is no file none\.txt/);
  expect(existsSync(join(folder, "ladder"))).toBe(true);
  writeFileSync(join(folder, "ladder", "ladder.json"), '{ "key": 3 }');
  refused(["ladder", ...small, "--only", "rnn"], /ladder\.json/);
});
