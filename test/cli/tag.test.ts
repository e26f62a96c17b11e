import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, weights, refused } = commandFolder("tag");

// A word after "the" is a noun, one after "to" a verb, whatever it is.
const words = ["walk", "run", "whale", "sleep", "hunt"];
const sentences = Array.from({ length: 240 }, (_, i) => {
  const [a, b] = [words[i % 5], words[(i * 3 + (i % 7)) % 5]];
  return i % 2 === 0
    ? [
        ["the", "DET"],
        [a, "NOUN"],
        ["wants", "VERB"],
        ["to", "PART"],
        [b, "VERB"],
      ]
    : [
        ["to", "PART"],
        [a, "VERB"],
        ["the", "DET"],
        [b, "NOUN"],
      ];
});
const conll = file("train.conll", sentences.map((s) => `${s.map((row) => row.join(" ")).join("\n")}\n\n`).join(""));
const conllu = file(
  "train.conllu",
  sentences
    .map(
      (s, i) =>
        `# sent_id = ${i}\n${s.map(([w, t], n) => `${n + 1}\t${w}\t${w}\t${t}\t_\t_\t_\t_\t_\t_`).join("\n")}\n\n`,
    )
    .join(""),
);
const small = [
  ...["--hidden-size", "16", "--embedding-size", "8", "--character-size", "8", "--character-embedding-size", "8"],
  ...["--dropout", "0", "--batch-size", "16", "--learning-rate", "0.02"],
];

test("train tag, tag, evaluate, info and quantize work one after the other", () => {
  const trained = ostinato(["train", "tag", conll, "--test", conllu, "--out", "model", ...small, "--epochs", "4"]);
  expect(trained.stderr).toMatch(
    /train\.conll: 240 sentences, 1,080 tokens\.\nThe first: the\/DET walk\/NOUN wants\/VERB/,
  );
  expect(trained.stderr).toMatch(
    /216 sentences \(\S+ tokens\) to learn, 24 to validate; 9 words, \d+ characters; 4 tags: DET NOUN PART VERB\./,
  );
  expect(trained.stdout).toMatch(
    /^test:\n240 sentences, 1,080 tokens: 0\.\d+ nats a token\naccuracy 100\.00 % \(each word's most frequent tag: \S+ %\); 100\.00 % of the sentences wholly right\n/,
  );
  expect(trained.status).toBe(0);

  expect(ostinato(["tag", "model", "the run wants to whale"]).stdout).toBe(
    "the\tDET\nrun\tNOUN\nwants\tVERB\nto\tPART\nwhale\tVERB\n\n",
  );
  expect(ostinato(["tag", "model"], "to hunt\n\nthe hunt\n").stdout).toBe(
    "to\tPART\nhunt\tVERB\n\n\nthe\tDET\nhunt\tNOUN\n\n",
  );
  expect(ostinato(["tag", "model", "to hunt", "--probabilities"]).stdout).toMatch(
    /^to\tPART\t0\.9\d+\nhunt\tVERB\t0\.9\d+\n\n$/,
  );
  const { tokens, tags, probabilities } = JSON.parse(ostinato(["tag", "model", "to hunt", "--json"]).stdout);
  expect({ tokens, tags }).toEqual({ tokens: ["to", "hunt"], tags: ["PART", "VERB"] });
  expect(probabilities).toHaveLength(2);

  expect(ostinato(["evaluate", "model", conllu]).stdout).toMatch(
    /240 sentences, 1,080 tokens: 0\.\d+ nats a token\naccuracy 100\.00 %/,
  );
  expect(ostinato(["info", "model"]).stdout).toMatch(
    /a tagger \(1-layer bidirectional LSTM, words and their characters by rnn\) of 9 words, with 4 tags/,
  );
  expect(ostinato(["quantize", "model", "small", "--evaluate", conll]).stdout).toMatch(
    /int8 weights, .*\nPerplexity 1\.\d+ before, 1\.\d+ after/,
  );
});

test("files come back with their tags, and all else as it was", () => {
  const lines = [
    "# text = to hunt the whale",
    "1-2\tto hunt\t_\t_\t_\t_\t_\t_\t_\t_",
    "1\tto\tto\t_\tTO\t_\t2\tmark\t_\tSpaceAfter=No",
    "2\thunt\thunt\tX\tVB\t_\t0\troot\t_\t_",
    "2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_",
    "",
    "",
  ];
  const expected = lines
    .with(2, (lines[2] as string).replace("\t_\tTO", "\tPART\tTO"))
    .with(3, (lines[3] as string).replace("\tX\t", "\tVERB\t"));
  expect(ostinato(["tag", "model", "--form", "conllu"], lines.join("\n")).stdout).toBe(expected.join("\n"));
  expect(ostinato(["tag", "model", "--form", "conllu", "--probabilities"], lines.join("\n")).stdout).toMatch(
    /SpaceAfter=No\|TagProb=0\.\d+\n.*\tTagProb=0\.\d+\n2\.1/,
  );
  expect(ostinato(["tag", "model", "--form", "conll"], "the X\nhunt Y\n\nto Z\n").stdout).toBe(
    "the X DET\nhunt Y NOUN\n\nto Z PART\n\n",
  );
  // More sentences than are read at once, each written once; and comments without a sentence.
  const many = Array.from({ length: 40 }, (_, i) => (i % 2 ? ["the X DET", "hunt Y NOUN"] : ["to Z PART"]));
  const unread = many.map((rows) => `${rows.map((row) => row.replace(/ \w+$/, "")).join("\n")}\n\n`).join("");
  expect(ostinato(["tag", "model", "--form", "conll", "--batch-size", "1"], unread).stdout).toBe(
    many.map((rows) => `${rows.join("\n")}\n\n`).join(""),
  );
  const comments = "# newdoc\n# the end\n\n";
  expect(ostinato(["tag", "model", "--form", "conllu"], `${comments}${lines.join("\n")}`).stdout).toBe(
    `${comments}${expected.join("\n")}`,
  );
});

test("a crf gives the best sequences, all probabilities as JSON, and the F1 of spans", () => {
  const spans = sentences.map((s) =>
    s.map(([w, t], i) => `${w} ${t === "DET" ? "B-NP" : t === "NOUN" && i > 0 ? "I-NP" : "O"}`).join("\n"),
  );
  const bio = file("bio.conll", `${spans.join("\n\n")}\n`);
  const trained = ostinato([
    "train",
    "tag",
    bio,
    "--output",
    "crf",
    "--test",
    bio,
    "--out",
    "crf",
    ...small,
    "--epochs",
    "3",
  ]);
  expect(trained.stdout).toMatch(
    /span F1 100\.00 %: 240 spans given, 240 true ones\n {2}spans +precision +recall +F1 +spans\n {2}all .*\n {2}NP /,
  );
  const { stdout } = ostinato(["tag", "crf", "the run", "--n-best", "2"]);
  expect(stdout).toMatch(
    /^# 1, probability 0\.\d+\nthe\tB-NP\nrun\tI-NP\n\n# 2, probability 0\.\d+\nthe\t\S+\nrun\t\S+\n\n$/,
  );
  const { nBest, marginals } = JSON.parse(
    ostinato(["tag", "crf", "the run", "--n-best", "2", "--probabilities", "--json"]).stdout,
  );
  expect([nBest.length, marginals.length]).toEqual([2, 2]);
  expect(marginals[0]["B-NP"] + marginals[0]["I-NP"] + marginals[0].O).toBeCloseTo(1, 4);
  const wrong = ostinato(["tag", "crf", "--form", "conll", "--n-best", "2"], "a\n");
  expect({ status: wrong.status, error: /--n-best has no place in a conll file/.test(wrong.stderr) }).toEqual({
    status: 2,
    error: true,
  });
  const odd = file("odd-bio.conll", "the B-NP\nrun I-NP\n\nto O\nrun I-NP\n");
  const iob1 = file("iob1.conll", "run I-NP\nrun B-NP\n\nto O\nrun I-NP\n\n".repeat(5));
  const other = ostinato(["train", "tag", iob1, "--output", "crf", "--out", "iob1", "--maximum-steps", "1"]);
  expect([other.status, other.stderr]).toEqual([0, expect.stringContaining("3 tags in IOB1: B-NP I-NP O.")]);
  expect(ostinato(["train", "tag", odd, "--validation", "0", "--output", "crf", "--out", "none"]).stderr).toMatch(
    /odd-bio\.conll, line 5: I-NP cannot follow O: the tags look like BIO\..*--no-constraints/,
  );
});

test("inspect shows sentences with their spans or tags, what is wrong first, in the terminal and as a report", () => {
  const own = file("own.conll", "to O\nhunt O\n\nthe O\nrun O\n\n");
  const shown = ostinato(["inspect", "crf", "--text", own, "--terminal"]);
  expect(shown).toEqual({
    status: 0,
    stdout: "[the run:NP?]\nto hunt\n",
    stderr: expect.stringMatching(/^\[words:tag\] found by the model, \? where it is wrong; -> \[words:tag\] .*\n$/),
  });
  expect(ostinato(["inspect", "model", "--text", conll, "--terminal"]).stdout).toMatch(
    /^\[the:DET\] \[walk:NOUN\] \[wants:VERB\] \[to:PART\] \[\w+:VERB\]\n/,
  );
  file("one.conll", "the O\nrun O\n\n");
  expect(ostinato(["inspect", "crf", "--text", "one.conll", "--terminal"]).stdout).toBe("[the run:NP?]\n");
  expect(ostinato(["inspect", "crf", "--terminal"]).stderr).toMatch(/--terminal of a tagger needs --text/);
  expect(ostinato(["inspect", "crf", "--text", own, "--out", "spans.html"]).stdout).toMatch(/report is in spans\.html/);
  const report = readFileSync(join(folder, "spans.html"), "utf8");
  expect(report).toContain('<mark class="tag wrong"');
  expect(report).toContain("F1 of spans");
  expect(report).toContain("each word&#39;s most frequent tag");
});

test("a training of tags is resumed as it was called, to the bits of one that never stopped", () => {
  const call = ["train", "tag", conll, ...small, "--dropout", "0.3", "--lowercase", "--epochs", "2", "--quiet"];
  expect(ostinato([...call, "--out", "whole"]).status).toBe(0);
  expect(ostinato([...call, "--out", "parts", "--maximum-steps", "7"]).status).toBe(0);
  expect(ostinato(["train", "--resume", "parts", "--maximum-steps", "1000", "--quiet"])).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
  expect(weights("parts").equals(weights("whole"))).toBe(true);
});

test("a tagger reads with two language models, is whole without their folders, and its training is resumed", () => {
  const lines = file("lines.txt", sentences.map((s) => `${s.map(([word]) => word).join(" ")}\n`).join(""));
  const language = ["train", "lm", lines, "--sentences", "--unknown", "--validation", "0", "--epochs", "1", "--quiet"];
  const size = ["--hidden-size", "8", "--layers", "1"];
  expect(ostinato([...language, ...size, "--out", "forward"]).status).toBe(0);
  expect(ostinato([...language, ...size, "--reverse-lines", "--out", "backward"]).status).toBe(0);
  const turned = file(
    "turned.txt",
    sentences.map((s) => `${[...s.map(([word]) => word).join(" ")].reverse().join("")}\n`).join(""),
  );
  expect(ostinato([...language.with(2, turned), ...size, "--out", "turned"]).status).toBe(0);
  expect(weights("turned").equals(weights("backward"))).toBe(true);
  expect(ostinato(["evaluate", "backward", lines]).stdout).toBe(ostinato(["evaluate", "turned", turned]).stdout);
  const models = ["--forward-model", "forward", "--backward-model", "backward"];
  const call = ["train", "tag", conll, ...small, ...models, "--characters", "none", "--epochs", "2", "--quiet"];
  expect(ostinato([...call, "--out", "both"]).status).toBe(0);
  expect(ostinato([...call, "--out", "later", "--maximum-steps", "9"]).status).toBe(0);
  const slow = [...call.slice(0, -1), "--out", "slow", "--maximum-steps", "2", "--language-memory", "0"];
  expect(ostinato(slow).stderr).toMatch(
    /models read the sentences in every epoch: --language-memory 1 would read them/,
  );
  expect(ostinato([...call.slice(0, -1), "--out", "fast", "--maximum-steps", "2"]).stderr).not.toMatch(
    /in every epoch/,
  );
  refused(
    [...call, "--out", "later", "--resume", "--forward-model", "turned"],
    /--forward-model turned contradicts/,
    2,
  );
  refused(
    ["train", "tag", conll, "--out", "wrong", "--forward-model", "backward"],
    /--forward-model: backward has learnt to read from the end of a line .*Give it as --backward-model/,
    2,
  );
  refused(
    ["train", "tag", conll, "--out", "wrong", "--backward-model", "forward"],
    /--backward-model: forward has learnt to read from the beginning of a line\. Give it as --forward-model/,
    2,
  );
  for (const model of ["forward", "backward"]) rmSync(join(folder, model), { recursive: true });
  expect(ostinato(["train", "--resume", "later", "--maximum-steps", "1000", "--quiet"])).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
  expect(weights("later").equals(weights("both"))).toBe(true);
  const { stdout } = ostinato(["info", "both"]);
  expect(stdout).toMatch(/words, read with two language models\) of 9 words/);
  expect(stdout).toMatch(/forwardModel +\{"vocabularySize":\d+,"cell":"lstm","layers":1,"hiddenSize":8,/);
  expect(ostinato(["tag", "both", "the run"]).stdout).toBe("the\tDET\nrun\tNOUN\n\n");
});

test("cross-validation tags every sentence once, by a tagger that has not seen it, and keeps none", () => {
  // One sentence alone has a tag of its own: it is known where that sentence is held out.
  const rare = file("rare.conll", `${readFileSync(join(folder, conll), "utf8")}the X\n\n`);
  const { status, stdout } = ostinato(["train", "tag", rare, "--folds", "3", ...small, "--epochs", "3"]);
  expect(status).toBe(0);
  const folds = [...stdout.matchAll(/^fold (\d) of 3: accuracy (\S+) % of (\d+) tokens$/gm)];
  expect(folds.map(([, fold]) => fold)).toEqual(["1", "2", "3"]);
  expect(folds.reduce((sum, [, , , tokens]) => sum + Number(tokens), 0)).toBe(1081);
  const mean = folds.reduce((sum, [, , share]) => sum + Number(share), 0) / 3;
  expect(stdout).toMatch(
    /^mean: accuracy \d+\.\d\d % \(standard deviation \d\.\d\d\)\neach word's most frequent tag: \d+\.\d\d %$/m,
  );
  expect(Number(/^mean: accuracy (\S+)/m.exec(stdout)?.[1])).toBeCloseTo(mean, 1);
  expect(mean).toBeGreaterThan(98);
  expect(existsSync(join(folder, "rare"))).toBe(false);
  const held = ["train", "tag", rare, "--folds", "3", "--validation", conll];
  refused(held, /--folds holds out a share: --validation is then a number/, 2);
});

test("a file that does not fit is refused with its line and the way out, and no folder is left", () => {
  const train = (name: string, ...more: string[]) => ["train", "tag", name, "--out", "none", ...more];
  refused(train(file("short.conll", "a O\nb\n")), /short\.conll, line 2 has 1 column: expected 2 or more/);
  refused(train(conllu, "--tag-column", "upoz"), /train\.conllu has no column "upoz".*Did you mean upos\?/, 2);
  refused(
    train(file("one.conll", "a O\nb X\n")),
    /--validation 0\.1 holds out all there is, 1 example, .*--validation FILE\), or do without \(--validation 0\)/,
  );
  refused(
    train(conll, "--test", file("odd.conll", "the DET\nwhale NUON\n")),
    /odd\.conll, line 2: Unknown label "NUON"; did you mean NOUN\?/,
  );
  refused(
    ["evaluate", "model", file("sky.conll", "the DET\n\nsky SKY\n")],
    /sky\.conll, line 3: Unknown label "SKY"\. Known labels: DET, NOUN, PART, VERB\./,
  );
  refused(
    ["classify", "model", "the"],
    /holds a SequenceTagger, which classify does not take; it can tag, evaluate, inspect, quantize/,
    2,
  );
  expect(ostinato(["info", "none"]).stderr).toMatch(/There is no model folder none/);
});
