import { expect, test } from "vitest";
import { philox, uniform01 } from "../../lib/random/philox.js";
import type { BeamSearchOptions, StepFunction, TreeNode } from "../../lib/search/index.js";
import { beamSearch } from "../../lib/search/index.js";

const V = 5;
const [begin, end] = [0, 1];

/** Log-probabilities that depend on the whole beginning, reproducibly: its hash is the state. */
function model(seed: number, { endLikelier = 0, positions = 0 } = {}): StepFunction<number> {
  const words = new Uint32Array(4);
  const draw = (a: number, b: number) => {
    philox([a, b, 0, 0], [seed, 7], words);
    return uniform01(words[0] as number);
  };
  return (tokens, states) => {
    const after = states.map((state, i) => (state * 31 + (tokens[i] as number) + 1) % 1_000_003);
    const logProbabilities = after.map((state) => {
      const scores = Array.from(
        { length: V },
        (_, token) => 3 * draw(state, token) + (token === end ? endLikelier : 0),
      );
      const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
      return scores.map((score) => score - Math.log(sum));
    });
    const attention = after.map((state) => {
      const weights = Array.from({ length: positions }, (_, s) => draw(state, 100 + s));
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight) => weight / sum);
    });
    return { logProbabilities, states: after, ...(positions > 0 ? { attention } : {}) };
  };
}

/** The log-probability of each token of a text. */
async function logProbabilitiesOf(step: StepFunction<number>, tokens: readonly number[]): Promise<number[]> {
  let [last, state] = [begin, 0];
  const found: number[] = [];
  for (const token of tokens) {
    const { logProbabilities, states } = await step([last], [state]);
    found.push(logProbabilities[0]?.[token] as number);
    [last, state] = [token, states[0] as number];
  }
  return found;
}

/** Every text that ends within `longest` tokens, with its score. */
async function everything(
  step: StepFunction<number>,
  longest: number,
  scored: (sum: number, length: number) => number,
) {
  const texts: { ids: number[]; score: number }[] = [];
  const visit = async (tokens: number[]): Promise<void> => {
    if (tokens.at(-1) === end) {
      const sum = (await logProbabilitiesOf(step, tokens)).reduce((a, b) => a + b, 0);
      texts.push({ ids: tokens.slice(0, -1), score: scored(sum, tokens.length) });
    } else if (tokens.length < longest) {
      for (let token = 0; token < V; token++) await visit([...tokens, token]);
    }
  };
  await visit([]);
  return texts.sort((a, b) => b.score - a.score);
}

const lengthPenalties: [NonNullable<BeamSearchOptions["lengthPenalty"]>, (sum: number, length: number) => number][] = [
  [0, (sum) => sum],
  [0.6, (sum, length) => sum / ((5 + length) / 6) ** 0.6],
  ["average", (sum, length) => sum / length],
];

test.each(lengthPenalties)(
  "with as many beams as there are beginnings it finds what an exhaustive search finds, penalty %s",
  async (lengthPenalty, scored) => {
    for (let seed = 1; seed <= 4; seed++) {
      const step = model(seed);
      const [longest, nBest] = [4, 7];
      const beams = V ** longest;
      for (const earlyStopping of [true, false]) {
        const options = { begin, end, beams, nBest, maximumLength: longest, lengthPenalty, earlyStopping };
        const { hypotheses } = await beamSearch(step, 0, options);
        const wanted = (await everything(step, longest, scored)).slice(0, nBest);
        expect(hypotheses.map(({ ids }) => ids)).toEqual(wanted.map(({ ids }) => ids));
        hypotheses.forEach(({ score }, i) => {
          expect(score).toBeCloseTo(wanted[i]?.score as number, 10);
        });
      }
    }
  },
);

test("one beam is greedy search", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const step = model(seed, { endLikelier: -1 });
    const greedy: number[] = [];
    for (let state = 0; greedy.length < 12; ) {
      const result = await step([greedy.at(-1) ?? begin], [state]);
      const scores = Array.from(result.logProbabilities[0] as ArrayLike<number>);
      state = result.states[0] as number;
      const token = scores.indexOf(Math.max(...scores));
      if (token === end) break;
      greedy.push(token);
    }
    const { hypotheses } = await beamSearch(step, 0, { begin, end, beams: 1, maximumLength: 12 });
    expect(hypotheses[0]?.ids).toEqual(greedy);
    expect(hypotheses[0]?.ended).toBe(greedy.length < 12);
  }
});

test("to stop early changes nothing but the time it takes", async () => {
  let saved = 0;
  for (let seed = 1; seed <= 30; seed++) {
    for (const [lengthPenalty] of lengthPenalties) {
      const calls = [0, 0];
      const search = (earlyStopping: boolean) => {
        const step = model(seed, { endLikelier: 1, positions: 3 });
        const counted: StepFunction<number> = (tokens, states) => {
          calls[Number(earlyStopping)] = (calls[Number(earlyStopping)] as number) + 1;
          return step(tokens, states);
        };
        const coveragePenalty = seed % 2 === 0 ? 0.2 : 0;
        return beamSearch(counted, 0, {
          begin,
          end,
          beams: 4,
          nBest: 3,
          maximumLength: 20,
          lengthPenalty,
          earlyStopping,
          coveragePenalty,
        });
      };
      expect(await search(true)).toEqual(await search(false));
      saved += (calls[0] as number) - (calls[1] as number);
    }
  }
  expect(saved).toBeGreaterThan(100);
});

test("scores are sums of the tokens' log-probabilities, which are the model's", async () => {
  const step = model(3);
  const { hypotheses } = await beamSearch(step, 0, {
    begin,
    end,
    beams: 4,
    nBest: 4,
    maximumLength: 9,
    lengthPenalty: 0.8,
  });
  expect(hypotheses.length).toBe(4);
  for (const { ids, score, logProbabilities, ended } of hypotheses) {
    expect(logProbabilities).toEqual(await logProbabilitiesOf(step, ended ? [...ids, end] : ids));
    const sum = logProbabilities.reduce((a, b) => a + b, 0);
    expect(score).toBeCloseTo(sum / ((5 + logProbabilities.length) / 6) ** 0.8, 10);
  }
});

test("minimum length, n-grams, a prefix and banned tokens hold for every hypothesis", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const options = {
      begin,
      end,
      beams: 6,
      nBest: 6,
      maximumLength: 12,
      minimumLength: 5,
      blockNgramRepeat: 2,
      prefix: [3, 2],
      banned: [4],
    };
    const { hypotheses } = await beamSearch(model(seed, { endLikelier: 1 }), 0, options);
    expect(hypotheses.length).toBeGreaterThan(0);
    for (const { ids } of hypotheses) {
      expect(ids.length).toBeGreaterThanOrEqual(5);
      expect(ids.slice(0, 2)).toEqual([3, 2]);
      expect(ids).not.toContain(4);
      const pairs = ids.slice(1).map((token, i) => `${ids[i]} ${token}`);
      expect(new Set(pairs).size).toBe(pairs.length);
    }
  }
});

test("coverage is that of Wu et al.: beta times the sum of log(min(attention, 1))", async () => {
  const step = model(5, { positions: 3 });
  const options = { begin, end, beams: 3, nBest: 3, maximumLength: 8 };
  const { hypotheses } = await beamSearch(step, 0, { ...options, coveragePenalty: 0.3 });
  for (const { score, logProbabilities, attention = [] } of hypotheses) {
    expect(attention.length).toBe(logProbabilities.length);
    const got = [0, 1, 2].map((s) => attention.reduce((sum, weights) => sum + (weights[s] as number), 0));
    const coverage = got.reduce((sum, total) => sum + Math.log(Math.min(total, 1)), 0);
    expect(score).toBeCloseTo(logProbabilities.reduce((a, b) => a + b, 0) + 0.3 * coverage, 10);
  }
  await expect(beamSearch(model(5), 0, { ...options, coveragePenalty: 0.3 })).rejects.toThrow(/returns attention/);
});

test("groups write different things, and the first group what it would write alone", async () => {
  const step = model(8, { endLikelier: -2 });
  const options = { begin, end, maximumLength: 10, beams: 2, nBest: 2 };
  const alone = (await beamSearch(step, 0, { ...options, beams: 1, nBest: 1 })).hypotheses[0];
  const diverse = (await beamSearch(step, 0, { ...options, groups: 2, diversity: 100 })).hypotheses;
  expect(diverse.map(({ ids }) => ids)).toContainEqual(alone?.ids);
  expect(diverse[0]?.ids[0]).not.toBe(diverse[1]?.ids[0]);
});

test("the tree holds every hypothesis, from its end to the beginning", async () => {
  const { hypotheses, tree = [] } = await beamSearch(model(2), 0, {
    begin,
    end,
    beams: 3,
    nBest: 3,
    maximumLength: 7,
    tree: true,
  });
  const paths = tree.map((node) => {
    const path = [node.id];
    for (let at: TreeNode | undefined = tree[node.parent]; at; at = tree[at.parent]) path.unshift(at.id);
    return path.join();
  });
  for (const { ids, ended } of hypotheses) expect(paths).toContain((ended ? [...ids, end] : ids).join());
  expect(tree.every(({ parent }, i) => parent < i)).toBe(true);
});

test("the best hypothesis is told after every step, and a signal ends the search", async () => {
  const told: number[][] = [];
  const { hypotheses } = await beamSearch(model(4), 0, {
    begin,
    end,
    maximumLength: 6,
    onBest: (tokens) => told.push([...tokens]),
  });
  expect(told.at(-1)).toEqual(hypotheses[0]?.ids);
  const controller = new AbortController();
  const stopping = beamSearch(model(4, { endLikelier: -20 }), 0, {
    begin,
    end,
    signal: controller.signal,
    onBest: (tokens) => tokens.length === 3 && controller.abort(new Error("enough")),
  });
  await expect(stopping).rejects.toThrow("enough");
});

test("options that contradict each other are refused", async () => {
  const refused = (options: Partial<BeamSearchOptions>) => beamSearch(model(1), 0, { begin, end, ...options });
  await expect(refused({ beams: 2, nBest: 3 })).rejects.toThrow(/nBest 3 asks for more than the 2 beams/);
  await expect(refused({ beams: 5, groups: 2 })).rejects.toThrow(/2 groups do not divide 5 beams/);
  await expect(refused({ minimumLength: 9, maximumLength: 9 })).rejects.toThrow(/minimumLength 9 leaves no room/);
  await expect(refused({ prefix: [2, end] })).rejects.toThrow(/the prefix contains the end/);
  await expect(refused({ prefix: [2], banned: [2] })).rejects.toThrow(/token 2 of the prefix is banned/);
  await expect(refused({ forced: [{ position: 1, token: 2 }], banned: [2] })).rejects.toThrow(
    /the forced token 2 is banned/,
  );
  await expect(refused({ banned: [end] })).rejects.toThrow(/the end is banned/);
  await expect(refused({ prefix: [2, 3, 4], maximumLength: 2 })).rejects.toThrow(
    "beamSearch: the prefix is longer than maximumLength 2.",
  );
  await expect(refused({ forced: [{ position: 4, token: 2 }], maximumLength: 4 })).rejects.toThrow(
    "beamSearch: position 4 of a forced token is beyond maximumLength 4.",
  );
  await expect(refused({ forced: [{ position: 3, token: end }] })).rejects.toThrow(
    "beamSearch: the end is forced at position 3; maximumLength is what ends a hypothesis.",
  );
  const apart = { prefix: [3, 4], forced: [{ position: 1, token: 2 }] };
  await expect(refused(apart)).rejects.toThrow("beamSearch: tokens 4 and 2 cannot both stand at position 1.");
  await expect(refused({ ...apart, prefix: [3, 2] })).resolves.toMatchObject({ hypotheses: [{}] });
  for (const wrong of [null, {}, { position: 1 }, { position: -1, token: 2 }]) {
    await expect(refused({ forced: [wrong] } as never)).rejects.toThrow(
      /expected forced\[0\] to be \{ position, token \}/,
    );
  }
  for (const automaton of [null, {}, { states: 1, classOf: [0], next: new Int32Array(1) }]) {
    await expect(refused({ automaton } as never)).rejects.toThrow(
      /expected automaton to be \{ states, classOf, next \}/,
    );
  }
  await expect(refused({ beams: 0 })).rejects.toThrow(
    /expected beams to be a whole number at least 1 and at most 4096, got 0/,
  );
  await expect(refused({ beam: 3 } as never)).rejects.toThrow(/unknown option "beam"/);
  await expect(refused({ prefix: [V + 1] })).rejects.toThrow(/no hypothesis begins with the prefix/);
});

test("a step function that returns something else is named", async () => {
  const search = (answer: unknown) => beamSearch(() => answer as never, 0, { begin: 0, end: 1 });
  await expect(search({})).rejects.toThrow(/logProbabilities and states for 1 hypotheses, got undefined and undefined/);
  await expect(search({ logProbabilities: [[0, 0]], states: [] })).rejects.toThrow(/got 1 and 0/);
});

test("what is not said is the default: an early stop, and groups that differ by half a nat", async () => {
  const step = model(8, { endLikelier: 1, positions: 3 });
  const calls = async (options: object) => {
    let count = 0;
    const counted: StepFunction<number> = (tokens, states) => {
      count++;
      return step(tokens, states);
    };
    await beamSearch(counted, 0, { begin, end, beams: 4, nBest: 1, maximumLength: 20, ...options });
    return count;
  };
  expect(await calls({})).toBe(await calls({ earlyStopping: true }));
  expect(await calls({})).toBeLessThan(await calls({ earlyStopping: false }));
  const grouped = (options: object) =>
    beamSearch(model(8, { endLikelier: -2 }), 0, {
      begin,
      end,
      beams: 4,
      groups: 4,
      nBest: 4,
      maximumLength: 10,
      ...options,
    });
  expect(await grouped({})).toEqual(await grouped({ diversity: 0.5 }));
  expect(await grouped({})).not.toEqual(await grouped({ diversity: 0 }));
});
