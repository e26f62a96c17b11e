import { isUtf8 } from "node:buffer";
import { expect, test } from "vitest";
import type { Tokenizer } from "../../lib/data/index.js";
import {
  ByteTokenizer,
  CharacterTokenizer,
  SubwordTokenizer,
  TokenizerPair,
  WordTokenizer,
} from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { Seq2Seq } from "../../lib/models/seq2seq/seq2seq.js";
import { textOf, wholeText } from "../../lib/models/wholeText.js";
import { randomSource } from "../../lib/random/source.js";
import { stateAfter } from "../../lib/search/tokenAutomaton.js";
import { tokenizerJsons } from "../data/subwords.js";

const executors = [nativeExecutor(), new ReferenceExecutor()];
const broken: Record<string, Tokenizer> = {
  bytes: new ByteTokenizer(),
  "byte-level BPE": new SubwordTokenizer(tokenizerJsons["byte-level BPE"]()),
  "BPE with byte fallback": new SubwordTokenizer(tokenizerJsons["BPE with byte fallback"]()),
};

/** The state after some tokens; -1 once one of them may not come. */
function read(tokenizer: Tokenizer, tokens: readonly number[]): number {
  const automaton = wholeText(tokenizer);
  if (!automaton) return 0;
  return tokens.reduce((state, token) => (state < 0 ? state : stateAfter(automaton, state, token)), 0);
}

test("the automaton of bytes takes what is UTF-8, and nothing else", () => {
  const bytes = new ByteTokenizer();
  const edges = [
    0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
  ];
  const all = [...edges, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  let taken = 0;
  for (const a of all)
    for (const b of all)
      for (const c of all)
        for (const d of all) {
          const own = Buffer.from([a, b, c, d]);
          if ((read(bytes, [...own]) === 0) !== isUtf8(own)) expect.fail(`[${own.toString("hex")}]`);
          taken += Number(isUtf8(own));
        }
  expect(taken).toBeGreaterThan(500);
});

for (const [name, tokenizer] of Object.entries(broken)) {
  test(`${name}: the tokens of any text may follow each other`, () => {
    for (const text of ["the word", "한국어 각 a", "naïve \u{1F600}\u{10FFFF} \u{FFFD}", "\n\n"]) {
      expect(read(tokenizer, [...tokenizer.encode(text)])).toBe(0);
    }
  });

  test(`${name}: a model that knows nothing writes no broken character, however it is asked`, async () => {
    for (const executor of executors) {
      const shape = { hiddenSize: 8, layers: 1, initializer: "uniform:1", seed: 2 };
      const model = await LanguageModel.create({ tokenizer, executor, ...shape });
      const beams = { beams: 6, nBest: 6, maximumLength: 40 };
      const texts = [
        ...(await model.generateAll({ count: 20, maximumLength: 60, seed: 1 })),
        ...(await model.generateAll({ prompts: ["한", "b"], maximumLength: 60, seed: 1, topK: 40 })),
        ...(await model.generateAll({ count: 2, maximumLength: 60, temperature: 0 })),
        ...(await model.beamSearch(beams)).texts.map(({ text }) => text),
        ...(await model.beamSearch({ ...beams, sampling: { seed: 1 } })).texts.map(({ text }) => text),
      ];
      expect(texts.filter((text) => text.includes("\u{FFFD}"))).toEqual([]);
      expect(texts.some((text) => /[^\p{ASCII}]/u.test(text))).toBe(true);
      let pieces = "";
      for await (const piece of model.generate({ maximumLength: 60, seed: 1 })) pieces += piece;
      expect(pieces).toBe(texts[0]);
    }
  });
}

test("targets that are written hold no broken character either, also where they are cut off", async () => {
  const tokenizer = new TokenizerPair(new ByteTokenizer(), broken["BPE with byte fallback"] as Tokenizer);
  for (const executor of executors) {
    const model = await Seq2Seq.create({
      tokenizer,
      executor,
      hiddenSize: 8,
      seed: 2,
    });
    const sources = Array.from({ length: 12 }, (_, i) => `source ${i}`);
    const told: string[] = [];
    const found = await model.translate(sources, { maximumLength: 23, nBest: 3, onBest: (text) => told.push(text) });
    const drawn = await model.translate(sources, { maximumLength: 23, beams: 3, nBest: 3, sampling: { seed: 1 } });
    const texts = [...found, ...drawn].flatMap(({ hypotheses }) => hypotheses.map(({ text }) => text));
    expect([...texts, ...told].filter((text) => text.includes("\u{FFFD}"))).toEqual([]);
    expect(texts.some((text) => /[^\p{ASCII}]/u.test(text))).toBe(true);
  }
});

test("a token of no bytes stands between characters, and inside none", () => {
  const marked = new Proxy(new ByteTokenizer(), {
    get: (target, name) => {
      const own = Reflect.get(target, name) as unknown;
      if (name === "tokenBytes") return (id: number) => Uint8Array.from(id === 0x41 ? [] : [id]);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
  expect(read(marked, [0x41, 0x42, 0x41, 0xc3, 0xa9, 0x41])).toBe(0);
  expect(read(marked, [0xc3, 0x41])).toBe(-1);
});

test("what can never be completed is not begun", () => {
  const whole = new ByteTokenizer();
  // Only the continuation bytes 0x80 to 0x8f: nothing ends in ED or F0 A0 ...
  const few = new Proxy(whole, {
    get: (target, name) => {
      const own = Reflect.get(target, name) as unknown;
      if (name === "tokenBytes") return (id: number) => Uint8Array.of(id >= 0x90 && id < 0xc0 ? 0x41 : id);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
  expect(read(few, [0xe1, 0x80, 0x8f])).toBe(0);
  expect(read(few, [0xe0])).toBe(-1);
  expect(read(whole, [0xe0])).not.toBe(-1);
});

test("tokenizers whose tokens are whole characters need no automaton", () => {
  expect(wholeText(CharacterTokenizer.fromText("한국어"))).toBeNull();
  expect(wholeText(WordTokenizer.fromText("한국어 a\n"))).toBeNull();
  expect(wholeText(new SubwordTokenizer(tokenizerJsons.WordPiece()))).toBeNull();
});

test("a text that is cut off loses its last, incomplete character and nothing else", () => {
  const bytes = new ByteTokenizer();
  const random = randomSource(1, "text");
  for (let i = 0; i < 50; i++) {
    const text = Array.from({ length: 5 }, () => [..."a한é\u{1F600}"][Math.floor(4 * random.uniform())]).join("");
    const ids = [...bytes.encode(text)];
    for (let n = 0; n <= ids.length; n++) {
      const cut = textOf(bytes, ids.slice(0, n));
      expect(text.startsWith(cut)).toBe(true);
      expect(cut).not.toContain("\u{FFFD}");
    }
  }
});
