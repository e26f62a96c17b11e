import { expect, test } from "vitest";
import type { Executor, Feeds } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { PairNetwork } from "../../lib/models/pairModel/pairNetwork.js";
import { TranslationStep } from "../../lib/models/pairModel/translationStep.js";
import { Seq2SeqNetwork } from "../../lib/models/seq2seq/network.js";
import { TransformerSeq2SeqNetwork } from "../../lib/models/transformerSeq2Seq/network.js";
import { randomSource } from "../../lib/random/source.js";
import type { SearchResult, SearchStep } from "../../lib/search/index.js";
import { beamSearch, searchStep } from "../../lib/search/index.js";
import { searchStepPlainly } from "../../lib/search/searchStep.js";
import { drawOptions } from "./drawOptions.js";
import { expectSame } from "./expectSame.js";
import { begin, end, feedsOf, tinyStep } from "./tinyStep.js";

const native = nativeExecutor();
const ways: [string, typeof searchStep][] = [
  ["native", searchStep],
  ["plain", searchStepPlainly],
];

async function outcome(search: Promise<SearchResult[]>): Promise<SearchResult[] | string> {
  try {
    return await search;
  } catch (error) {
    return String(error);
  }
}

test("native search finds what the plain one finds, whatever the options", async () => {
  let compared = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const { sizes, options } = drawOptions(seed);
    const { step, feeds } = await tinyStep(native, sizes, seed);
    const [own, plain] = [
      await outcome(searchStep(step, feeds, options)),
      await outcome(searchStepPlainly(step, feeds, options)),
    ];
    const context = `seed ${seed}: ${JSON.stringify(options)}`;
    if (typeof plain === "string") {
      expect(own, context).toBe(plain);
      continue;
    }
    expect(own, context).not.toBeTypeOf("string");
    expectSame(own as SearchResult[], plain, context);
    compared++;
  }
  expect(compared).toBeGreaterThan(300);
});

test.each(ways)(
  "%s: with as many beams as there are beginnings it finds what an exhaustive search finds",
  async (_, search) => {
    const [V, longest, nBest] = [3, 4, 6];
    const sizes = { sentences: 2, beams: V ** longest, V };
    const { step, feeds } = await tinyStep(native, sizes, 5);
    const alone = await tinyStep(native, { ...sizes, sentences: 1, beams: 1 }, 5);
    const found = await search(step, feeds, {
      begin,
      end,
      sentences: 2,
      beams: sizes.beams,
      nBest,
      maximumLength: longest,
      lengthPenalty: 0.7,
    });
    for (const [sentence, { hypotheses }] of found.entries()) {
      const first = feedsOf(feeds, sentence * sizes.beams, sizes.sentences * sizes.beams);
      const texts: { ids: number[]; score: number }[] = [];
      const visit = async (tokens: number[], sum: number, state: Feeds): Promise<void> => {
        if (tokens.at(-1) === end) {
          texts.push({ ids: tokens.slice(0, -1), score: sum / ((5 + tokens.length) / 6) ** 0.7 });
        } else if (tokens.length < longest) {
          const { outputs } = await alone.step.executable.run({
            ...state,
            tokens: Int32Array.of(tokens.at(-1) ?? begin),
          });
          const weights = Array.from(outputs.logits as Float32Array, Math.exp);
          const total = weights.reduce((a, b) => a + b, 0);
          const after = { h: outputs["h after"], slow: outputs["slow after"] } as Feeds;
          for (const [token, weight] of weights.entries())
            await visit([...tokens, token], sum + Math.log(weight / total), after);
        }
      };
      await visit([], 0, first);
      texts.sort((a, b) => b.score - a.score);
      expect(hypotheses.map(({ ids }) => ids)).toEqual(texts.slice(0, nBest).map(({ ids }) => ids));
      for (const [i, { score }] of hypotheses.entries()) expect(score).toBeCloseTo(texts[i]?.score as number, 4);
    }
  },
);

test.each(ways)("%s: one beam is greedy search", async (_, search) => {
  const sizes = { sentences: 1, beams: 1, V: 9 };
  for (let seed = 1; seed <= 5; seed++) {
    const { step, feeds } = await tinyStep(native, sizes, seed);
    const greedy: number[] = [];
    for (let state = feeds; greedy.length < 15; ) {
      const { outputs } = await step.executable.run({ ...state, tokens: Int32Array.of(greedy.at(-1) ?? begin) });
      const logits = Array.from(outputs.logits as Float32Array);
      const token = logits.indexOf(Math.max(...logits));
      if (token === end) break;
      greedy.push(token);
      state = { h: outputs["h after"], slow: outputs["slow after"] } as Feeds;
    }
    const [found] = await search(step, feeds, { begin, end, sentences: 1, beams: 1, maximumLength: 15 });
    expect(found?.hypotheses[0]?.ids).toEqual(greedy);
  }
});

test.each(ways)("%s: many sentences at once are found as each alone", async (_, search) => {
  const sizes = { sentences: 5, beams: 4, V: 8, S: 3 };
  const { step, feeds } = await tinyStep(native, sizes, 9);
  const one = await tinyStep(native, { ...sizes, sentences: 1 }, 9);
  const options = { begin, end, beams: 4, nBest: 4, lengthPenalty: 0.6, coveragePenalty: 0.2, tree: true };
  const maximumLengths = [12, 3, 7, 12, 1];
  const together = await search(step, feeds, { ...options, sentences: 5, maximumLengths });
  for (const [sentence, maximumLength] of maximumLengths.entries()) {
    const own = feedsOf(feeds, sentence, 5);
    const alone = await search(one.step, own, { ...options, sentences: 1, maximumLength });
    expectSame([together[sentence] as SearchResult], alone);
  }
});

test.each(ways)("%s: what does not fit the step is refused by name", async (_, search) => {
  const { step, feeds } = await tinyStep(native, { sentences: 2, beams: 2, V: 8 }, 9);
  const options = { begin, end, sentences: 2, beams: 2, maximumLength: 3 };
  const refused = (other: object, words: RegExp, own: Feeds = feeds) =>
    expect(search(step, own, { ...options, ...other })).rejects.toThrow(words);
  await refused({ attention: true }, /: attention needs a step with an output for attention/);
  await refused({ coveragePenalty: 0.3 }, /: coveragePenalty needs a step with an output for attention/);
  await refused({ maximumLengths: [3] }, /expected maximumLengths to hold one entry for each of 2 sentences, got 1/);
  await refused({ beams: 3 }, /the step has 4 rows; 2 sentences with 3 beams each need 6/);
  await refused({ banned: [8] }, /token 8 of sentence 0 is outside the step's vocabulary of 8/);
  const automaton = { states: 1, classOf: new Int32Array(7), next: Int32Array.of(0) };
  await refused({ automaton }, /the automaton has classes for 7 tokens, and the step's vocabulary has 8/);
  await refused({}, /"tokens" is what search feeds; leave it out/, { ...feeds, tokens: Int32Array.of(0, 0, 0, 0) });
});

test.each(ways)(
  "%s: where every token is impossible nothing is written, and what must be is missed",
  async (_, search) => {
    const { step, feeds, store } = await tinyStep(native, { sentences: 3, beams: 2, V: 8 }, 9);
    await store.write("b", new Float32Array(8).fill(Number.NEGATIVE_INFINITY));
    const options = { begin, end, sentences: 3, beams: 2, maximumLength: 3 };
    const told: unknown[] = [];
    const results = await search(step, feeds, { ...options, onBest: (ids) => told.push([...ids]) });
    expect(results.map(({ hypotheses }) => hypotheses)).toEqual([[], [], []]);
    expect(told).toEqual([[], [], []]);
    const others = { numbers: [5, 6, 7], prefixes: [[], [2], []] };
    await expect(search(step, feeds, { ...options, ...others })).rejects.toThrow(
      "no hypothesis of sentence 6 begins with",
    );
    await expect(search(step, feeds, { ...options, prefixes: [[2], [], []] })).rejects.toThrow(
      "no hypothesis begins with",
    );
  },
);

test("ports that a program does not have, or has in another shape, are refused by name", async () => {
  const { step, feeds } = await tinyStep(native, { sentences: 2, beams: 2, V: 8 }, 9);
  const { carry } = step;
  const options = { begin, end, sentences: 2, beams: 2, maximumLength: 3 };
  for (const [ports, message] of [
    [{ tokens: "h" }, 'search: expected "h" to be whole numbers, got f32[4,6].'],
    [{ tokens: "token" }, 'search: the program has no feed "token".'],
    [{ logits: "slow after" }, 'search: expected "slow after" to be f32[4, ...], got f32[4,1,6].'],
    [{ attention: "where" }, 'search: the program has no output "where".'],
    [{ carry: { ...carry, x: "h after" } }, 'search: the program has no feed "x".'],
    [{ carry: { h: "logits" } }, 'search: expected "logits" to be as "h", f32[4,6], got f32[4,8].'],
    [{ carry: { tokens: "h after" } }, 'search: "tokens" is what search feeds; it is not carried.'],
  ] as const)
    await expect(searchStep({ ...step, ...(ports as object) }, feeds, options)).rejects.toThrow(message);
  const graph = new Graph();
  const [tokens, few] = [graph.feed("tokens", "i32", [4]), graph.feed("few", "f32", [2, 3])];
  graph.output("few after", ops.tanh(few));
  graph.output("logits", ops.embedding(graph.variable({ name: "table", dtype: "f32", shape: [8, 8] }), tokens));
  const executable = native.compile(graph.program(), native.createStore());
  const own = { executable, tokens: "tokens", logits: "logits", carry: { few: "few after" } };
  await expect(searchStep(own, { few: new Float32Array(6) }, options)).rejects.toThrow(
    'search: expected "few" to be of 4 rows, got f32[2,3].',
  );
});

test("plain: logits that are no numbers end the search, and name their beam", async () => {
  const { step, feeds } = await tinyStep(native, { sentences: 2, beams: 2, V: 8 }, 9);
  const options = { begin, end, sentences: 2, beams: 2, maximumLength: 3 };
  const h = (feeds.h as Float32Array).slice();
  h.fill(Number.NaN, h.length / 2);
  await expect(searchStepPlainly(step, { ...feeds, h }, options)).rejects.toThrow(
    /the logits of sentence 1, beam 0 hold a NaN/,
  );
});

test.each(ways)("%s: to stop early changes nothing but the time it takes", async (_, search) => {
  for (let seed = 1; seed <= 10; seed++) {
    const sizes = { sentences: 3, beams: 4, V: 6, S: 2 };
    const { step, feeds } = await tinyStep(native, sizes, seed);
    for (const lengthPenalty of [0, 1, "average"] as const) {
      const given = {
        ...{ begin, end, sentences: 3, beams: 4, nBest: 2, maximumLength: 20, lengthPenalty },
        coveragePenalty: seed % 2 === 0 ? 0.2 : 0,
      };
      const early = await search(step, feeds, { ...given, earlyStopping: true });
      expectSame(early, await search(step, feeds, { ...given, earlyStopping: false }));
    }
  }
});

test.each(ways)(
  "%s: minimum length, n-grams, forced and banned tokens hold for what is drawn, too",
  async (_, search) => {
    const sizes = { sentences: 3, beams: 6, V: 12 };
    const { step, feeds } = await tinyStep(native, sizes, 4);
    for (const sampling of [undefined, { seed: 3, temperature: 1.5 }, { seed: 4, topK: 4, topP: 0.9 }]) {
      const results = await search(step, feeds, {
        begin,
        end,
        sentences: 3,
        beams: 6,
        nBest: 6,
        maximumLength: 12,
        minimumLength: 4,
        blockNgramRepeat: 2,
        prefixes: [[3], [], [4, 5]],
        forced: [{ position: 6, token: 7 }],
        banned: [2],
        ...(sampling ? { sampling } : {}),
      });
      for (const [sentence, { hypotheses }] of results.entries()) {
        expect(hypotheses.length).toBeGreaterThan(0);
        for (const { ids } of hypotheses) {
          const prefix = [[3], [], [4, 5]][sentence] as number[];
          expect(ids.slice(0, prefix.length)).toEqual(prefix);
          expect(ids[6]).toBe(7);
          expect(ids).not.toContain(2);
          const pairs = ids.slice(1).map((token, i) => `${ids[i]} ${token}`);
          // The forced token may end a pair that was there before.
          const free = pairs.filter((_, i) => i !== 5);
          expect(new Set(free).size).toBe(free.length);
        }
      }
    }
  },
);

test.each(ways)(
  "%s: what is drawn follows the distribution of the model, whatever the sentence and beam",
  async (_, search) => {
    const [V, beams, sentences] = [4, 500, 4];
    const { step, feeds } = await tinyStep(native, { sentences: 1, beams: sentences * beams, V }, 6);
    const { outputs } = await step.executable.run({ ...feeds, tokens: new Int32Array(sentences * beams) });
    const weights = Array.from((outputs.logits as Float32Array).subarray(0, V), Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    const options = { begin, end: null, beams, nBest: beams, sentences, maximumLength: 2, sampling: { seed: 8 } };
    const results = await search(step, feeds, options);
    const drawn = results.flatMap(({ hypotheses }) => hypotheses.map(({ ids }) => ids[0] as number));
    for (const [token, weight] of weights.entries()) {
      const [p, n] = [weight / total, drawn.length];
      const count = drawn.filter((own) => own === token).length;
      expect(Math.abs(count - n * p)).toBeLessThan(4 * Math.sqrt(n * p * (1 - p)) + 1);
    }
    const orders = results.map(({ hypotheses }) => hypotheses.map(({ ids }) => ids.join()).join(" "));
    expect(new Set(orders).size).toBe(sentences);
    expectSame(await search(step, feeds, options), results);
  },
);

test.each(ways)("%s: the best hypotheses are told after every step, at last the results", async (_, search) => {
  const sizes = { sentences: 3, beams: 4, V: 7 };
  for (let seed = 1; seed <= 8; seed++) {
    const { step, feeds } = await tinyStep(native, sizes, seed);
    const told: number[][][] = [[], [], []];
    const results = await search(step, feeds, {
      begin,
      end,
      sentences: 3,
      beams: 4,
      maximumLength: 9,
      lengthPenalty: seed % 2,
      onBest: (tokens, sentence) => told[sentence]?.push([...tokens]),
    });
    expect(told.map((calls) => calls.at(-1))).toEqual(results.map(({ hypotheses }) => hypotheses[0]?.ids));
    expect(told.every((calls) => calls.length > 0)).toBe(true);
  }
});

test.each(ways)("%s: a signal ends the search", async (_, search) => {
  const sizes = { sentences: 2, beams: 2, V: 6 };
  const { step, feeds } = await tinyStep(native, sizes, 1);
  const options = { begin, end: null, sentences: 2, beams: 2, maximumLength: 1_000_000 };
  await expect(search(step, feeds, { ...options, signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
    "too late",
  );
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 30);
  await expect(search(step, feeds, { ...options, signal: controller.signal })).rejects.toThrow("enough");
});

test.each(ways)("%s: other runs of the same store between two chunks change nothing", async (_, search) => {
  const sizes = { sentences: 2, beams: 3, V: 9 };
  const { step, feeds } = await tinyStep(native, sizes, 12);
  const options = { begin, end, sentences: 2, beams: 3, nBest: 3, maximumLength: 40, earlyStopping: false };
  const alone = await search(step, feeds, options);
  const [found] = await Promise.all([
    search(step, feeds, options),
    ...Array.from({ length: 20 }, (_, i) => step.executable.run({ ...feeds, tokens: new Int32Array(6).fill(i % 9) })),
  ]);
  expectSame(found, alone);
});

test("searchStep finds what beamSearch finds over the same step", async () => {
  const sizes = { sentences: 1, beams: 4, V: 8, S: 3 };
  const { step, feeds } = await tinyStep(native, sizes, 21);
  const one = await tinyStep(native, { ...sizes, beams: 1 }, 21);
  const options = { begin, end, beams: 4, nBest: 3, maximumLength: 10, coveragePenalty: 0.3, lengthPenalty: 1 };
  const single = async (token: number, state: Feeds) => {
    const { outputs } = await one.step.executable.run({ ...state, tokens: Int32Array.of(token) });
    const weights = Array.from(outputs.logits as Float32Array, Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    return {
      logProbabilities: weights.map((weight) => Math.log(weight / total)),
      state: { h: outputs["h after"], slow: outputs["slow after"] } as Feeds,
      attention: outputs.attention as Float32Array,
    };
  };
  const wanted = await beamSearch<Feeds>(
    async (tokens, states) => {
      const rows = await Promise.all(tokens.map((token, i) => single(token, states[i] as Feeds)));
      return {
        logProbabilities: rows.map((row) => row.logProbabilities),
        states: rows.map((row) => row.state),
        attention: rows.map((row) => row.attention),
      };
    },
    feedsOf(feeds, 0, 4),
    options,
  );
  const [found] = await searchStep(step, feeds, { ...options, sentences: 1 });
  expect(found?.hypotheses.map(({ ids }) => ids)).toEqual(wanted.hypotheses.map(({ ids }) => ids));
  found?.hypotheses.forEach(({ score }, i) => {
    expect(score).toBeCloseTo(wanted.hypotheses[i]?.score as number, 4);
  });
});

test.each([
  ["Luong, input feeding", { attention: "general", inputFeeding: true, decoderLayers: 2 }],
  ["Bahdanau", { attention: "additive", attend: "before", cell: "gru" }],
] as const)("an encoder-decoder is searched natively as in the reference executor: %s", async (_, variant) => {
  const [S, B, beams] = [5, 3, 4];
  const network = new Seq2SeqNetwork({
    ...{ sourceVocabularySize: 9, targetVocabularySize: 11, hiddenSize: 8, embeddingSize: 6 },
    ...variant,
  });
  const translate = async (executor: Executor) => {
    const { step, feeds } = await decoderStep(executor, network, { S, B, beams });
    return searchStep(step, feeds, {
      begin,
      end,
      sentences: B,
      beams,
      nBest: 3,
      maximumLength: 12,
      minimumLength: 2,
      lengthPenalty: 0.8,
      coveragePenalty: 0.2,
      blockNgramRepeat: 3,
    });
  };
  const found = await translate(native);
  const wanted = await translate(new ReferenceExecutor());
  expect(found.map(({ hypotheses }) => hypotheses.map(({ ids }) => ids))).toEqual(
    wanted.map(({ hypotheses }) => hypotheses.map(({ ids }) => ids)),
  );
  for (const [sentence, length] of [S, 2, 4].entries()) {
    for (const { attention = [], logProbabilities } of found[sentence]?.hypotheses ?? []) {
      expect(attention.length).toBe(logProbabilities.length);
      for (const row of attention) {
        const weights = Array.from(row);
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
        expect(weights.slice(length).every((weight) => weight === 0)).toBe(true);
      }
    }
  }
});

test("a Transformer's caches stay where they are: the same search as in the reference executor, in however many pieces", async () => {
  const [S, B, beams] = [5, 3, 4];
  const network = new TransformerSeq2SeqNetwork({
    ...{
      sourceVocabularySize: 9,
      targetVocabularySize: 11,
      hiddenSize: 8,
      heads: 2,
      encoderLayers: 1,
      decoderLayers: 2,
    },
  });
  const options = {
    begin,
    end,
    sentences: B,
    beams,
    nBest: 3,
    maximumLength: 12,
    minimumLength: 2,
    lengthPenalty: 0.8,
  };
  const translate = async (executor: Executor, search = searchStep, own: object = {}) => {
    const { step, feeds } = await decoderStep(executor, network, { S, B, beams });
    expect(Object.keys(step.kept ?? {}).length).toBe(2);
    return search(step, feeds, { ...options, ...own });
  };
  const found = await translate(native);
  // A step for each call, between which the caches are put aside; and plain search, which has no memory in which to leave them.
  expect(await translate(native, searchStep, { onBest: () => {} })).toEqual(found);
  expectSame(await translate(native, searchStepPlainly), found, "plain");
  expectSame(await translate(new ReferenceExecutor()), found, "reference");
});

/** The encoder's program, run; and the step that reads what it made. */
async function decoderStep(
  executor: Executor,
  network: PairNetwork,
  { S, B, beams }: { S: number; B: number; beams: number },
): Promise<{ step: SearchStep; feeds: Feeds }> {
  const store = executor.createStore();
  for (const [i, { name, shape, initializer }] of network.parameters.entries()) {
    store.declare({ name, dtype: "f32", shape });
    const values = initializer(shape, randomSource(i + 1, name));
    await store.write(
      name,
      values.map((value) => 4 * value),
    );
  }
  const lengths = [S, 2, 4].slice(0, B);
  const sources = lengths.map((length, b) => Int32Array.from({ length }, (_, s) => ((s * B + b) * 7) % 9));
  const translation = new TranslationStep({ network, executor, store });
  return translation.step(await translation.read(sources), beams, 16);
}

test("an automaton, as large as the vocabulary, is checked once for all sentences", async () => {
  const [sentences, beams, V] = [4, 2, 5];
  const { step, feeds } = await tinyStep(new ReferenceExecutor(), { sentences, beams, V }, 1);
  const classOf = new Int32Array(V);
  let checks = 0;
  const every = classOf.every.bind(classOf);
  classOf.every = (fits: Parameters<typeof every>[0]) => {
    checks++;
    return every(fits);
  };
  const automaton = { states: 1, classOf, next: Int32Array.of(0) };
  await searchStep(step, feeds, { sentences, beams, begin: 0, end: 1, maximumLength: 3, automaton });
  expect(checks).toBe(1);
});
