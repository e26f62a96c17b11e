import { expect, test } from "vitest";
import type { Executor, Feeds } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { Seq2SeqNetwork } from "../../lib/models/seq2seqNetwork.js";
import { randomSource } from "../../lib/random/source.js";
import type { SearchResult, SearchStep, SearchStepOptions } from "../../lib/search/index.js";
import { beamSearch, searchStep } from "../../lib/search/index.js";
import { searchStepPlainly } from "../../lib/search/searchStep.js";
import type { TinySizes } from "./tinyStep.js";
import { feedsOf, tinyStep } from "./tinyStep.js";

const [begin, end] = [0, 1];
const native = nativeExecutor();
const ways: [string, typeof searchStep][] = [
  ["native", searchStep],
  ["plain", searchStepPlainly],
];

/** The same hypotheses, with numbers that differ by rounding alone. */
function expectSame(found: readonly SearchResult[], wanted: readonly SearchResult[], context = "") {
  expect(found.length).toBe(wanted.length);
  for (const [sentence, { hypotheses, tree }] of wanted.entries()) {
    const where = `${context} sentence ${sentence}`;
    const own = found[sentence] as SearchResult;
    expect(
      own.hypotheses.map(({ tokens, ended }) => ({ tokens, ended })),
      where,
    ).toEqual(hypotheses.map(({ tokens, ended }) => ({ tokens, ended })));
    expect(
      own.tree?.map(({ token, parent }) => [token, parent]),
      where,
    ).toEqual(tree?.map(({ token, parent }) => [token, parent]));
    const numbers = ({ hypotheses, tree = [] }: SearchResult) => [
      ...hypotheses.flatMap(({ score, logProbabilities }) => [score, ...logProbabilities]),
      ...tree.flatMap(({ score, logProbability }) => [score, logProbability]),
    ];
    const expected = numbers(wanted[sentence] as SearchResult);
    numbers(own).forEach((value, i) => {
      const target = expected[i] as number;
      expect(Math.abs(value - target), where).toBeLessThan(2e-5 * (1 + Math.abs(target)));
    });
    for (const [i, { attention }] of hypotheses.entries()) {
      expect(
        own.hypotheses[i]?.attention?.map((row) => Array.from(row)),
        where,
      ).toEqual(attention?.map((row) => Array.from(row)));
    }
  }
}

/** Options that a person might combine, drawn at random. */
function drawOptions(seed: number): { sizes: Required<TinySizes>; options: SearchStepOptions } {
  const { uniform } = randomSource(seed, "options");
  const below = (n: number) => Math.floor(uniform() * n);
  const maybe = <T>(value: T, share = 0.3): T | undefined => (uniform() < share ? value : undefined);
  const sentences = 1 + below(4);
  const groups = uniform() < 0.25 ? 2 : 1;
  const beams = groups * (1 + below(4));
  const V = 4 + below(9) + (uniform() < 0.2 ? 300 : 0);
  const S = uniform() < 0.5 ? 1 + below(4) : 0;
  const maximumLength = 4 + below(12);
  const word = () => 2 + below(V - 2);
  const banned = maybe([2]);
  const free = () => Math.max(3, word());
  const sampling = groups === 1 && uniform() < 0.3;
  const entries = {
    begin,
    end: uniform() < 0.15 ? null : end,
    beams,
    nBest: 1 + below(beams),
    maximumLength,
    minimumLength: maybe(below(4)),
    lengthPenalty: maybe(uniform() < 0.3 ? ("average" as const) : 2 * uniform(), 0.6),
    coveragePenalty: S > 0 ? maybe(uniform(), 0.6) : undefined,
    noRepeatNgram: maybe(1 + below(3)),
    prefix: maybe(Array.from({ length: 1 + below(2) }, free)),
    forced: maybe([{ position: 2 + below(2), token: free() }]),
    banned,
    groups,
    diversity: groups > 1 ? maybe(uniform(), 0.5) : undefined,
    earlyStopping: maybe(false),
    tree: maybe(true),
    sampling: sampling
      ? {
          temperature: [1, 0.6, 1.7, 0][below(4)] as number,
          topK: below(2) * (1 + below(5)),
          topP: uniform() < 0.5 ? 1 : 0.8,
          seed,
        }
      : undefined,
    sentences,
    maximumLengths: maybe(Array.from({ length: sentences }, () => 5 + below(10))),
    prefixes: maybe(Array.from({ length: sentences }, () => Array.from({ length: below(3) }, free))),
    attention: S > 0 ? maybe(uniform() < 0.5) : undefined,
  };
  const given = Object.entries(entries).filter(([, value]) => value !== undefined);
  return {
    sizes: { sentences, beams, V, H: 6, S },
    options: Object.fromEntries(given) as unknown as SearchStepOptions,
  };
}

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
