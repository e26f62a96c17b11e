import { expect, test } from "vitest";
import { drawToken } from "../../lib/random/drawToken.js";
import { philox, uniform01 } from "../../lib/random/philox.js";
import type { BeamSearchOptions, StepFunction, TreeNode } from "../../lib/search/index.js";
import { beamSearch } from "../../lib/search/index.js";
import { automatonRule } from "../../lib/search/tokenAutomaton.js";

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

/** Letters as tokens: "." is the end. */
const letters = ["^", ".", "a", "b"];
const idsOf = (word: string) => [...word].map((letter) => letters.indexOf(letter));

type Shares = readonly [end: number, a: number, b: number];

/** A model whose state is the text so far, from the probabilities of ".", "a" and "b" after each text. */
function spelling(after: (text: string) => Shares) {
  const steps: string[][] = [];
  const step: StepFunction<string> = (tokens, states) => {
    const texts = states.map((state, i) => state + (tokens[i] === begin ? "" : letters[tokens[i] as number]));
    steps.push(texts);
    return { logProbabilities: texts.map((text) => [0, ...after(text)].map(Math.log)), states: texts };
  };
  return { step, steps };
}

const tree: Record<string, Shares> = {
  "": [0.1, 0.5, 0.4],
  a: [0.7, 0.1, 0.2],
  b: [0.3, 0.6, 0.1],
  ba: [0.2, 0.5, 0.3],
  ab: [0.5, 0.3, 0.2],
};
const inTree = (text: string) => tree[text] as Shares;
const always = (...shares: Shares) => spelling(() => shares);
const rounded = (found: number) => Math.round(Math.exp(found) * 1e9) / 1e9;

test("two beams of three tokens, by hand: what is followed, what ends, and what is cut off", async () => {
  const { step, steps } = spelling(inTree);
  const best: string[] = [];
  const options = { begin, end, beams: 2, nBest: 2, maximumLength: 3, earlyStopping: false, tree: true };
  const { hypotheses, tree: nodes = [] } = await beamSearch(step, "", {
    ...options,
    onBest: (ids) => best.push(ids.map((id) => letters[id]).join("")),
  });
  // "b." is third in the second step, behind "a." and "ba": it ends nothing.
  expect(steps).toEqual([[""], ["a", "b"], ["ba", "ab"]]);
  expect(hypotheses.map(({ ids, ended }) => [ids, ended])).toEqual([
    [idsOf("a"), true],
    [idsOf("baa"), false],
  ]);
  expect(hypotheses.map(({ score }) => rounded(score))).toEqual([0.35, 0.12]);
  expect(hypotheses.map(({ logProbabilities }) => logProbabilities.map(rounded))).toEqual([
    [0.5, 0.7],
    [0.4, 0.6, 0.5],
  ]);
  expect(
    nodes.map(({ id, parent, logProbability, score }) => [
      letters[id],
      parent,
      rounded(logProbability),
      rounded(score),
    ]),
  ).toEqual([
    ["a", -1, 0.5, 0.5],
    ["b", -1, 0.4, 0.4],
    [".", 0, 0.7, 0.35],
    ["a", 1, 0.6, 0.24],
    ["b", 0, 0.2, 0.1],
    ["a", 3, 0.5, 0.12],
    ["b", 3, 0.3, 0.072],
  ]);
  expect(best).toEqual(["a", "a", "a"]);
});

test("groups, by hand: a token costs the diversity for each beam of the groups before that has just written it", async () => {
  const { step } = spelling(inTree);
  const options = { begin, end, beams: 4, groups: 2, nBest: 4, diversity: 1.5, maximumLength: 3 };
  const { hypotheses } = await beamSearch(step, "", options);
  // The second group prefers ends, which no group has written: ".", "a.", "b.", "ab." and "ba."; the first group has "a.".
  expect(hypotheses.map(({ ids, score }) => [ids, rounded(score)])).toEqual([
    [idsOf("a"), 0.35],
    [idsOf("a"), 0.35],
    [idsOf("b"), 0.12],
    [[], 0.1],
  ]);
  const four = await beamSearch(spelling(inTree).step, "", { ...options, groups: 4, diversity: 0.3, maximumLength: 1 });
  expect(four.hypotheses.map(({ ids }) => ids)).toEqual(["a", "a", "b", "b"].map(idsOf));
  // ln(0.5) - 0.2 is above ln(0.4), and ln(0.5) - 0.3 below.
  for (const [diversity, second] of [
    [0.2, "a"],
    [0.3, "b"],
  ] as const) {
    const two = { ...options, beams: 2, nBest: 2, diversity, maximumLength: 1 };
    const { hypotheses } = await beamSearch(spelling(inTree).step, "", two);
    expect(hypotheses.map(({ ids }) => ids)).toEqual(["a", second].map(idsOf));
  }
});

test.each([
  [0, "bbbbbbbb", false],
  [1, "ba", true],
  [2, "bbab", true],
  [3, "bbbabb", true],
  [8, "bbbbbbbb", false],
])("with n-grams of %i tokens blocked the text is %s", async (blockNgramRepeat, text, ended) => {
  const { step } = always(0.1, 0.4, 0.5);
  const { hypotheses } = await beamSearch(step, "", { begin, end, beams: 1, maximumLength: 8, blockNgramRepeat });
  expect(hypotheses).toMatchObject([{ ids: idsOf(text), ended }]);
});

test.each([
  [{}, ""],
  [{ minimumLength: 2 }, "aa"],
  [{ prefix: idsOf("b") }, "b"],
  [{ forced: [{ position: 2, token: 3 }] }, "aab"],
  [{ minimumLength: 1, prefix: idsOf("ba"), banned: idsOf("^") }, "ba"],
  [{ minimumLength: 3, banned: idsOf("a") }, "bbb"],
])("a hypothesis ends as soon as it may: %j gives %j", async (options, text) => {
  const { step } = always(0.9, 0.07, 0.03);
  const { hypotheses } = await beamSearch(step, "", { begin, end, beams: 1, maximumLength: 9, ...options });
  expect(hypotheses).toMatchObject([{ ids: idsOf(text), ended: true }]);
});

test.each<[shares: Shares, options: Partial<BeamSearchOptions>, expected: string[]]>([
  // An ended one comes before one that is as likely, and in the end before those that are cut off.
  [[0.3, 0.1, 0.6], { beams: 2, maximumLength: 2 }, ["b", ""]],
  [[0.4, 0.1, 0.5], { beams: 2, maximumLength: 3 }, ["b", "", ""]],
  [[0.5, 0, 0.5], { beams: 1, maximumLength: 2 }, ["", ""]],
  // Among equals the smaller token.
  [[0, 0.5, 0.5], { beams: 1, maximumLength: 3 }, ["a", "aa", "aaa"]],
  [[0.8, 0.1, 0.1], { beams: 1, maximumLength: 2, prefix: [3, 2] }, ["b", "ba"]],
])("%j %j: the best text after each step is %j", async (shares, options, expected) => {
  const best: string[] = [];
  const onBest = (ids: readonly number[]) => void best.push(ids.map((id) => letters[id]).join(""));
  const all = { begin, end, earlyStopping: false, ...options, onBest };
  const { hypotheses } = await beamSearch(always(...shares).step, "", all);
  expect(best).toEqual(expected);
  expect(hypotheses.map(({ ids }) => ids)).toEqual([idsOf(expected.at(-1) as string)]);
});

test.each<[shares: Shares, options: Partial<BeamSearchOptions>, count: number]>([
  [[0.6, 0.3, 0.1], { nBest: 1 }, 1],
  [[0.6, 0.3, 0.1], { nBest: 2 }, 2],
  // ln(0.09) / 5 is above ln(0.6), and ln(0.027) / 5 below.
  [[0.6, 0.3, 0.1], { nBest: 1, lengthPenalty: "average" }, 3],
  [[0.6, 0.3, 0.1], { nBest: 1, groups: 2 }, 5],
  [[0.6, 0.3, 0.1], { nBest: 1, earlyStopping: false }, 5],
  [[0.6, 0.3, 0.1], { nBest: 1, end: null }, 5],
  [[0.5, 0.5, 0], { nBest: 1, beams: 1 }, 1],
])("%j %j: the search ends after %i steps, once no text can be better", async (shares, options, count) => {
  const { step, steps } = always(...shares);
  await beamSearch(step, "", { begin, end, beams: 2, maximumLength: 5, ...options });
  expect(steps).toHaveLength(count);
});

test("the best text that has ended says when to stop, not the first one", async () => {
  // "." has 0.2 and "a." 0.42; "aa" has 0.28.
  const after: Record<string, Shares> = {
    "": [0.2, 0.7, 0.1],
    a: [0.6, 0.4, 0],
    b: [1, 0, 0],
  };
  const { step, steps } = spelling((text) => after[text] as Shares);
  const { hypotheses } = await beamSearch(step, "", { begin, end, beams: 2, maximumLength: 5 });
  expect([hypotheses[0]?.ids, steps]).toEqual([idsOf("a"), [[""], ["a", "b"]]]);
});

test("an automaton says which token may follow, and a prefix that it refuses begins it again", async () => {
  // "a" and "b" take turns, from "a" on, and the end comes after "b".
  const automaton = { states: 2, classOf: Int32Array.of(3, 2, 0, 1), next: Int32Array.of(1, -1, -1, 0, 0, -1, -1, -1) };
  const found = async (options: object) => {
    const { step } = always(0.6, 0.1, 0.3);
    const { hypotheses } = await beamSearch(step, "", {
      begin,
      end,
      beams: 1,
      maximumLength: 9,
      automaton,
      ...options,
    });
    return hypotheses[0]?.ids;
  };
  expect(await found({})).toEqual([]);
  expect(await found({ minimumLength: 1 })).toEqual(idsOf("ab"));
  expect(await found({ minimumLength: 3 })).toEqual(idsOf("abab"));
  expect(await found({ prefix: idsOf("b"), minimumLength: 2 })).toEqual(idsOf("bab"));
});

test("an automaton has states, and classes of tokens that lead to them", () => {
  const fits = (states: number, classOf: number[], next: number[]) =>
    automatonRule.fits({ states, classOf: Int32Array.from(classOf), next: Int32Array.from(next) });
  expect([fits(1, [0], [0]), fits(2, [0, 1, 1], [-1, 1, 0, -1]), fits(2 ** 31 - 1, [], [])]).toEqual([
    true,
    true,
    true,
  ]);
  const refused: [states: number, classOf: number[], next: number[]][] = [
    [0, [], []],
    [1.5, [0], [0, 0, 0]],
    [2 ** 31, [], []],
    [2, [0], [0, 0, 0]],
    [2, [0], [0, 2]],
    [2, [0], [0, -2]],
    [2, [1], [0, 0]],
    [2, [-1], [0, 0]],
  ];
  expect(refused.filter((own) => fits(...own))).toEqual([]);
  expect(automatonRule.fits({ states: 1, classOf: Int32Array.of(0), next: [0] })).toBe(false);
});

test("a draw takes its random number by beam and place, from all tokens that may come", async () => {
  const shares = [0.2, 0.5, 0.3] as const;
  const { step } = always(...shares);
  const seed = 2 ** 32 - 6;
  const row = Float64Array.from([Number.NEGATIVE_INFINITY, ...shares.map(Math.log)]);
  const drawn = (beam: number, place: number, topK: number) => {
    const words = new Uint32Array(4);
    philox([beam, 0, place, 0], [seed | 0, 0x5ea2c4], words);
    return drawToken(row, { temperature: 0.7, topK, topP: 0.95, u: uniform01(words[0] as number) });
  };
  for (const topK of [0, 2]) {
    const options = { begin, end: null, beams: 6, nBest: 6, maximumLength: 4 };
    const { hypotheses } = await beamSearch(step, "", {
      ...options,
      sampling: { seed, temperature: 0.7, topK, topP: 0.95 },
    });
    const expected = [0, 1, 2, 3, 4, 5].map((beam) => [0, 1, 2, 3].map((place) => drawn(beam, place, topK)).join());
    expect(hypotheses.map(({ ids }) => ids.join()).sort()).toEqual(expected.sort());
    for (const { ids, score } of hypotheses) {
      expect(rounded(score)).toBe(rounded(ids.reduce((sum, id) => sum + (row[id] as number), 0)));
    }
  }
});
