import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file } = commandFolder("transformer-pairs");

// Words of three letters of six, spelled in capitals.
const words = ["a", "b", "c", "d", "e", "f"].flatMap((x, _, all) => all.flatMap((y) => all.map((z) => x + y + z)));
const capitals = (word: string) => [...word.toUpperCase()].join(" ");
const table = file("words.tsv", `${words.map((word) => `${word}\t${capitals(word)}`).join("\n")}\n`);
const model = join(folder, "model");
const small = ["--hidden-size", "32", "--heads", "2", "--layers", "1", "--batch-size", "16", "--dropout", "0"];

test("a Transformer over pairs has the verbs of an encoder-decoder, from training to rounding", () => {
  const trained = ostinato([
    ...["train", "transformer-transliterate", table, "--test", table, "--out", model, ...small],
    ...["--epochs", "15", "--learning-rate", "0.005", "--label-smoothing", "0.1", "--sample-every", "60"],
  ]);
  expect(trained.stderr).toMatch(/205 pairs to learn, 11 to validate; vocabularies of 8 character and 8 word tokens/);
  expect(trained.stdout).toMatch(/^test \d\.\d+ nats/);
  expect(trained.status).toBe(0);
  expect(ostinato(["translate", model], "fab\n\nbad\n")).toEqual({ status: 0, stdout: "F A B\n\nB A D\n", stderr: "" });
  expect(ostinato(["evaluate", model, table]).stdout).toMatch(
    /^864 tokens: .*\n216 sources, 216 references:\n {2}BLEU .*\n {2}chrF .*\n {2}ROUGE-L .*\n {2}exact +(9\d|100)\.\d\d %/,
  );
  const picture = join(folder, "a.svg");
  expect(ostinato(["trace", model, "bed", "--attention-svg", picture]).stdout).toMatch(/^B E D\n\n.*b.*e.*d/);
  expect(readFileSync(picture, "utf8")).toMatch(/^<svg/);
  expect(ostinato(["info", model]).stdout).toMatch(
    /TransformerSeq2Seq: .*\n.*Transformer of 1 and 1 blocks with 32 features/s,
  );
  expect(ostinato(["inspect", model, "--text", table]).status).toBe(0);
  expect(readFileSync(join(model, "report.html"), "utf8")).toMatch(/What it writes.*Attention.*Heads.*head 2/s);
  expect(ostinato(["quantize", model, join(folder, "int8"), "--evaluate", table]).stdout).toMatch(/int8 weights/);
  expect(ostinato(["translate", join(folder, "int8"), "bed"]).stdout).toBe("B E D\n");
}, 120_000);

test("what no Transformer over pairs has is refused by name", () => {
  const train = ["train", "transformer-transliterate", table, "--out", join(folder, "none")];
  expect(ostinato([...train, "--teacher-forcing", "0.5"])).toMatchObject({ status: 2 });
  expect(ostinato([...train, "--heads", "3"]).stderr).toMatch(/3 heads cannot share 256 features/);
  expect(ostinato(["map", model, table]).stderr).toMatch(/holds a TransformerSeq2Seq, which map does not take/);
});

test("inspect of a Transformer language model draws which token looks at which, of a file or of what it writes", () => {
  const book = file("book.txt", "the cat sat on the mat. the dog ran to the cat.\n".repeat(30));
  const lm = join(folder, "lm");
  const trained = ostinato([
    ...["train", "transformer", book, "--out", lm, "--hidden-size", "16", "--heads", "2", "--layers", "1"],
    ...["--context-length", "24", "--maximum-steps", "20"],
  ]);
  expect(trained.status, trained.stderr).toBe(0);
  for (const text of [[], ["--text", book]]) {
    expect(ostinato(["inspect", lm, ...text]).stdout).toMatch(/The report is in/);
    expect(readFileSync(join(lm, "report.html"), "utf8")).toMatch(/How it learnt.*Heads.*block 1.*head 2/s);
  }
}, 120_000);
