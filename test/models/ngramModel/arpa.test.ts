import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { CharacterTokenizer, FileError, NgramModel, OptionError, SubwordTokenizer } from "../../../lib/index.js";
import { jsonOf } from "../../data/subwordFiles.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { randomLines } from "./sentences.js";

const train = `${randomLines(200).join("\n")}\n`;
const held = `${randomLines(40, { seed: 2 }).join("\n")}\n`;

const small = `a remark

\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.5
-0.75\t</s>
-0.5\ta\t-0.25
-1\tb

\\2-grams:
-0.25\t<s> a\t-0.125
-0.5\ta b\t-0.375
-0.125\tb </s>

\\3-grams:
-0.0625\t<s> b a

\\end\\
`;

async function fileOf(content: string | Uint8Array, name = "model.arpa"): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

test("a small file gives the probabilities that its lines say, and backs off by their weights", async () => {
  const model = await NgramModel.fromArpa(await fileOf(small));
  const { tokens } = await model.logProbability("a b c\n");
  const expected = [-0.25, -0.125 - 0.5, -0.375 - 1.5, -0.75];
  for (const [i, { logProbability }] of tokens.entries()) {
    expect(logProbability / Math.LN10).toBeCloseTo(expected[i] as number, 5);
  }
  expect(tokens.map(({ order, unknown }) => [order, unknown])).toEqual([
    [2, false],
    [2, false],
    [1, true],
    [1, false],
  ]);
  // Its trigram stands without the bigrams that it begins and ends with.
  const { tokens: others } = await model.logProbability("b a\n");
  expect(others.map(({ logProbability }) => logProbability / Math.LN10)).toEqual([
    expect.closeTo(-0.5 - 1, 5),
    expect.closeTo(-0.0625, 5),
    expect.closeTo(-0.25 - 0.75, 5),
  ]);
});

test("the last line may lack its end, and lines may end as on Windows", async () => {
  const scores = async (content: string) => {
    const { tokens } = await (await NgramModel.fromArpa(await fileOf(content))).logProbability("a b c\n");
    return tokens.map(({ logProbability }) => logProbability);
  };
  const expected = await scores(small);
  expect(await scores(small.trimEnd())).toEqual(expected);
  expect(await scores(small.replaceAll("\n", "\r\n"))).toEqual(expected);
});

test("marks stand in any order, and those that are missing are impossible", async () => {
  const scores = async (content: string) => {
    const model = await NgramModel.fromArpa(await fileOf(content));
    expect(model.network.config).toMatchObject({ smoothing: "arpa", sentences: true });
    return (await model.logProbability("a b c\n")).tokens.map(({ logProbability }) => logProbability / Math.LN10);
  };
  const [begin, end] = ["-99\t<s>\t-0.5\n", "-0.75\t</s>\n"];
  expect(await scores(small.replace(begin + end, end + begin))).toEqual(await scores(small));
  const without = small.replace(end, "").replace("1=5", "1=4");
  expect(await scores(without)).toEqual([-0.25, -0.625, -1.875, -99].map((ten) => expect.closeTo(ten, 4)));
});

test("a file of 24 orders is read", async () => {
  const orders = Array.from({ length: 24 }, (_, i) => i + 1);
  const sizes = orders.map((k) => `ngram ${k}=${k === 1 ? 3 : 1}\n`).join("");
  const ngrams = orders.slice(1).map((k) => `\\${k}-grams:\n-0.5\t${"a ".repeat(k).trim()}\n\n`);
  const content = `\\data\\\n${sizes}\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-1\ta\n\n${ngrams.join("")}\\end\\\n`;
  expect((await NgramModel.fromArpa(await fileOf(content))).network.order).toBe(24);
});

test("a line begins with its mark in every n-gram, numbers have eight digits, and a signal stops the writing", async () => {
  const folder = await temporaryFolder();
  const model = await NgramModel.fromText("a b\na\nb a\n", { order: 3, smoothing: "wittenBell" });
  const file = join(folder, "model.arpa");
  await model.writeArpa(file);
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.split("\t"));
  const names = lines.flatMap(([, name = ""]) => (name.includes(" ") ? [name] : []));
  expect(names.sort()).toEqual(
    [
      "<s> a",
      "<s> b",
      "a </s>",
      "a b",
      "b </s>",
      "b a",
      "<s> a </s>",
      "<s> a b",
      "<s> b a",
      "a b </s>",
      "b a </s>",
    ].sort(),
  );
  const digits = lines.flatMap(([number = ""]) =>
    /^-[\d.]+$/.test(number) ? [number.replace(/^-0?\.?0*|\./g, "").length] : [],
  );
  expect(Math.max(...digits)).toBe(8);
  const reason = new Error("enough");
  for (const name of ["stopped.arpa", "stopped.arpa.gz"]) {
    const writing = model.writeArpa(join(folder, name), { signal: AbortSignal.abort(reason) });
    await expect(writing).rejects.toBe(reason);
    await expect(readFile(join(folder, name))).rejects.toThrow(/ENOENT/);
  }
});

test("a model that is written and read again says the same, plain and compressed", async () => {
  const folder = await temporaryFolder();
  for (const smoothing of ["modifiedKneserNey", "katz"] as const) {
    const model = await NgramModel.fromText(train, { order: 4, smoothing });
    const [plain, packed] = [join(folder, "a.arpa"), join(folder, "a.arpa.gz")];
    await model.writeArpa(plain);
    await model.writeArpa(packed);
    expect(gunzipSync(await readFile(packed)).equals(await readFile(plain))).toBe(true);
    for (const file of [plain, packed]) {
      const again = await NgramModel.fromArpa(file);
      const [before, after] = [await model.logProbability(held), await again.logProbability(held)];
      expect(after.tokens.map(({ order }) => order)).toEqual(before.tokens.map(({ order }) => order));
      for (const [i, { logProbability }] of before.tokens.entries()) {
        expect(after.tokens[i]?.logProbability).toBeCloseTo(logProbability, 5);
      }
    }
  }
});

test("a file that is cut short or wrong is refused with its line", async () => {
  const refused = async (content: string | Uint8Array, message: RegExp, name?: string) => {
    const file = await fileOf(content, name);
    const error = await NgramModel.fromArpa(file).then(
      () => expect.fail("it was read"),
      (error: unknown) => error as Error,
    );
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(file);
  };
  await refused(small.slice(0, small.indexOf("\\3-grams")), /cut short/);
  await refused(small.replace("ngram 2=3", "ngram 2=4"), /line 20: expected 4 2-grams, as the header says/);
  await refused(small.replace("ngram 2=3", "ngram 2=2"), /expected \\3-grams:, got "-0.125/);
  await refused(small.replace("-0.5\ta b", "-0.5\ta c"), /line 17: "c" is not among the 1-grams/);
  await refused(small.replace("-0.5\ta b", "-0.5\t<s> a"), /an n-gram of 2 words comes twice/);
  await refused(small.replace("-1\tb", "-1\ta"), /line 13: "a" comes twice/);
  await refused(small.replace("-0.75\t</s>", "-99\t<s>"), /line 11: "<s>" comes twice/);
  await refused(small.replace("-1\tb", "-1\t<UNK>"), /line 13: "<UNK>" comes twice/);
  await refused(small.replace("\\end\\", "\\4-grams:"), /line 23: expected \\end\\, got/);
  await refused(small.replace("-1\tb", "1\tb"), /line 13: expected logarithms/);
  await refused(small.replace("-1\tb", "-1"), /line 13: expected a probability, a word/);
  await refused(small.replace("\\data\\", "\\date\\"), /line 3: expected \\data\\/);
  await refused("once upon a time\n", /no ARPA file/);
  await refused(small.replace("ngram 2=", "ngram 3="), /line 5: expected "ngram 2=", got "ngram 3=3"/);
  const orders = Array.from({ length: 25 }, (_, i) => `ngram ${i + 1}=1\n`).join("");
  await refused(`\\data\\\n${orders}\n\\1-grams:\n`, /expected at most 24 orders, got 25/);
  const binary = Buffer.concat([
    Buffer.from("mmap lm http://kheafield.com/code format version 5\n\0"),
    Buffer.alloc(99, 200),
  ]);
  await refused(binary, /is a binary file of KenLM, which only that can read: take the ARPA file that lmplz wrote/);
  await refused(small.replace("-0.25\n-1", "1e39\n-1"), /line 12: expected logarithms/);
  await refused(small.replace("-1\tb", "-1\t<eos>"), /line 13: "<eos>" is what <\/s> is called here/);
  await refused(`${small.slice(0, 40)}${"x".repeat(2 ** 20)} ${small}`, /after line 5: .*more than 2\^20 characters/);
  await refused(gzipSync(small).subarray(0, 90), /damaged or cut short/, "model.arpa.gz");
  await expect(NgramModel.fromArpa("nowhere.arpa")).rejects.toThrow(/There is no file/);
});

test("a weight of -inf and one of less than -99 are as small as can be", async () => {
  const model = await NgramModel.fromArpa(
    await fileOf(small.replace("a\t-0.25", "a\t-inf").replace("<s>\t-0.5", "<s>\t-1e30")),
  );
  for (const text of ["b", "a </s>"]) expect((await model.logProbability(text)).total).toBeGreaterThan(-1000);
});

test("an impossible word is written as -99, and the words of order 1 without a weight", async () => {
  const folder = await temporaryFolder();
  const again = async (content: string) => {
    const file = join(folder, "again.arpa");
    await (await NgramModel.fromArpa(await fileOf(content))).writeArpa(file);
    return (await readFile(file, "utf8")).split("\n");
  };
  expect(await again(small.replace("-1\tb", "-99\tb"))).toContain("-99\tb\t0");
  expect(await again(small.replace("-1\tb", "-98.5\tb"))).toContainEqual(
    expect.stringMatching(/^-98\.(5|49999\d*)\tb\t0$/),
  );
  expect(await again(small.replace("a\t-0.25", "a\t-inf"))).toContainEqual(expect.stringMatching(/\ta\t-99$/));
  const [data, ...lines] = (
    await again("\\data\\\nngram 1=3\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-0.25\ta\n\n\\end\\\n")
  ).filter((line) => line !== "");
  expect([data, ...lines.map((line) => line.replace(/(\.\d*?[1-9])0\d+/, "$1"))]).toEqual([
    "\\data\\",
    "ngram 1=3",
    "\\1-grams:",
    "-99\t<s>",
    "-0.5\t</s>",
    "-0.25\ta",
    "\\end\\",
  ]);
});

test("more n-grams than are read or written at a time come back, each with its own numbers", async () => {
  const words = Array.from({ length: 280 }, (_, i) => `w${i}`);
  const probabilityOf = (i: number, j: number) => -(1 + ((i * 31 + j * 17) % 1000) / 250);
  const bigrams = words.flatMap((a, i) => words.map((b, j) => `${probabilityOf(i, j)}\t${a} ${b}\n`));
  const unigrams = words.map((word, i) => `${-1 - i / 100}\t${word}\t-0.5\n`);
  const header = `\\data\\\nngram 1=${words.length + 2}\nngram 2=${bigrams.length}\n`;
  const marks = "-99\t<s>\t-0.5\n-1\t</s>\n";
  const content = `${header}\n\\1-grams:\n${marks}${unigrams.join("")}\n\\2-grams:\n${bigrams.join("")}\n\\end\\\n`;
  const model = await NgramModel.fromArpa(await fileOf(content));
  expect(model.network.config.counts).toEqual([words.length + 1, bigrams.length]);
  const file = join(await temporaryFolder(), "again.arpa");
  await model.writeArpa(file);
  const written = (await readFile(file, "utf8")).split("\n");
  const last = written.filter((line) => / /.test(line.trim()) && line.startsWith("-"));
  expect(last.length).toBe(bigrams.length);
  const wrong = last.filter((line) => {
    const [probability, names = ""] = line.split("\t");
    const [i, j] = names.split(" ").map((name) => Number(name.slice(1))) as [number, number];
    return !(Math.abs(Number(probability) - probabilityOf(i, j)) < 1e-5);
  });
  expect(wrong).toEqual([]);
  expect(new Set(last.map((line) => line.split("\t")[1])).size).toBe(bigrams.length);
});

test("a word that ARPA keeps for marks cannot be written, and a space has a name", async () => {
  const file = join(await temporaryFolder(), "model.arpa");
  const marked = await NgramModel.fromText("a <s> b\n", { order: 2 });
  await expect(marked.writeArpa(file)).rejects.toThrow(/the token "<s>", and ARPA's form keeps that name/);
  await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  const tokenizer = CharacterTokenizer.fromText("a b\n");
  const characters = await NgramModel.fromText("a b\n", { order: 2, tokenizer });
  await characters.writeArpa(file);
  expect((await NgramModel.fromArpa(file)).network.config.counts[1]).toBe(characters.network.config.counts[1]);
});

test("a beginning and an end of their own are the marks of ARPA, and a name with a space is none", async () => {
  const file = join(await temporaryFolder(), "model.arpa");
  const tokenizerOf = (vocab: object) =>
    new SubwordTokenizer(
      jsonOf({
        model: { type: "WordLevel", unk_token: "<unk>", vocab: { "<unk>": 0, ...vocab } },
        pre_tokenizer: { type: "WhitespaceSplit" },
        // <s> and </s>.
        added: 3,
      } as never),
    );
  const text = "a b\na\nb a b\n";
  const model = await NgramModel.fromText(text, { order: 2, tokenizer: tokenizerOf({ a: 1, b: 2 }) });
  await model.writeArpa(file);
  const lines = (await readFile(file, "utf8")).split("\n");
  const marked = lines.filter((line) => line.includes("s>")).map((line) => line.split("\t")[1]);
  expect(marked.sort()).toEqual(["</s>", "<s>", "<s> a", "<s> b", "a </s>", "b </s>"]);
  expect(lines).toContainEqual(expect.stringMatching(/^-99\t<s>\t/));
  const again = await NgramModel.fromArpa(file);
  const [before, after] = [await model.logProbability("b a\n"), await again.logProbability("b a\n")];
  expect(after.tokens.map(({ logProbability }) => logProbability)).toEqual(
    before.tokens.map(({ logProbability }) => expect.closeTo(logProbability, 5)),
  );
  // A tokenizer of another's making may call its tokens anything.
  const own = tokenizerOf({ a: 1, b: 2 });
  const names = Object.assign(own, { token: (id: number) => ["<unk>", "c d", "b", "<s>", "</s>"][id] as string });
  const spaced = await NgramModel.fromText(text, { order: 2, tokenizer: names });
  await expect(spaced.writeArpa(file)).rejects.toThrow(
    'writeArpa: the vocabulary has the token "c d", and ARPA\'s form separates words by spaces. Train from a text without it.',
  );
});

test("what a damaged table says of its counts is not believed, and its words are checked", async () => {
  const file = join(await temporaryFolder(), "model.arpa");
  const write = async (alter: (table: Int32Array) => void) => {
    const model = await NgramModel.fromText("a b\nb c\n", { order: 2 });
    const table = (await model.store.read("ngrams")) as Int32Array;
    alter(table);
    await model.store.write("ngrams", table);
    await model.writeArpa(file);
  };
  await write((table) => table.fill(2 ** 30, 2, 12));
  await expect(write((table) => table.fill(-1, 40))).rejects.toThrow(/they are damaged/);
});

test("a model of a running text has no sentences to write", async () => {
  const model = await NgramModel.fromText(train, { order: 2, running: true });
  await expect(model.writeArpa("x.arpa")).rejects.toThrow(OptionError);
});
