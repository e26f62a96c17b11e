import { join } from "node:path";
import { expect, test } from "vitest";
import type { SequenceTaggerOptions, TaggedSentence } from "../../../lib/index.js";
import { adam, SequenceTagger, TaggedData, TaggerVocabulary, Trainer } from "../../../lib/index.js";
import { forbiddenTransitions, TagScheme } from "../../../lib/models/sequenceTagger/scheme.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const random = randomNumbers(9);

/** Names of one to three words; "x" begins, goes on, or is no part of one: only its neighbours say which. */
function names(count: number): TaggedSentence[] {
  return Array.from({ length: count }, () => {
    const [tokens, tags] = [[] as string[], [] as string[]];
    const add = (token: string, tag: string) => {
      tokens.push(token);
      tags.push(tag);
    };
    while (tokens.length < 4 + random(6)) {
      if (random(2) === 0) {
        const type = random(2) === 0 ? "PER" : "LOC";
        add(type === "PER" ? "mr" : "in", `B-${type}`);
        for (let more = random(3); more > 0; more--) add("x", `I-${type}`);
        add(".", "O");
      } else {
        add("x", "O");
        add("go", "O");
      }
    }
    return { tokens, tags };
  });
}

async function trained(options: Partial<SequenceTaggerOptions>) {
  const sentences = names(300);
  const tokenizer = TaggerVocabulary.of(sentences);
  const small = { hiddenSize: 8, embeddingSize: 8, characters: "none", dropout: 0, bidirectional: false } as const;
  const model = await SequenceTagger.create({ tokenizer, ...small, output: "crf", ...options });
  const data = await TaggedData.create(sentences, { tokenizer, batchSize: 16, wordDropout: 0 });
  await new Trainer(model, { data, epochs: 3, optimizer: adam({ learningRate: 0.02 }) }).run();
  return model;
}

const model = await trained({});

test("a field learns which tag follows which, and its spans are measured", async () => {
  const { spans, accuracy, loss } = await model.evaluate(names(100));
  expect(spans?.f1).toBeGreaterThan(0.95);
  expect(spans?.types.map(({ type }) => type)).toEqual(["LOC", "PER"]);
  expect(accuracy).toBeGreaterThan(0.95);
  expect(loss).toBeLessThan(0.2);
});

test("nothing that BIO forbids is ever among the best, even from a model that has learnt nothing", async () => {
  const sentences = names(40);
  const fresh = await SequenceTagger.create({
    tokenizer: model.tokenizer,
    output: "crf",
    hiddenSize: 8,
    characters: "none",
    seed: 3,
  });
  const scheme = TagScheme.of(model.labels) as TagScheme;
  const allowed = (tags: readonly string[]) =>
    [...tags, null].every((tag, t) => scheme.allows(tags[t - 1] ?? null, tag));
  const found = await fresh.tag(
    sentences.map(({ tokens }) => tokens),
    { nBest: 8 },
  );
  const all = found.flatMap(({ nBest = [] }) => nBest.map(({ tags }) => tags));
  expect(all.length).toBe(8 * 40);
  expect(all.every(allowed)).toBe(true);
  const free = await SequenceTagger.create({
    ...{ tokenizer: model.tokenizer, output: "crf", hiddenSize: 8, characters: "none", seed: 3 },
    constraints: false,
  });
  const guesses = await free.tag(sentences.map(({ tokens }) => tokens));
  expect(guesses.map(({ tags }) => tags).every(allowed)).toBe(false);
  const odd = [{ tokens: ["x", "x"], tags: ["O", "I-PER"] }];
  expect((await free.evaluate(odd)).count).toBe(2);
  await expect(fresh.evaluate(odd)).rejects.toThrow(/I-PER cannot follow O/);
});

test("the best sequences come with their probabilities, the first is the answer, and marginals sum to 1", async () => {
  const tokens = ["mr", "x", "x", "."];
  const [one] = await model.tag([tokens]);
  const [{ tags, probabilities, nBest = [], marginals } = { tags: [] }] = await model.tag([tokens], {
    nBest: 200,
    marginals: true,
  });
  expect(tags).toEqual(one?.tags);
  expect(nBest[0]?.tags).toEqual(tags);
  const likely = nBest.map(({ probability }) => probability);
  expect(likely).toEqual([...likely].sort((a, b) => b - a));
  // All that BIO allows for four tokens and two types are among 200: 5^4 is more than that, and most is forbidden.
  expect(likely.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 3);
  expect(new Set(nBest.map((path) => path.tags.join(" "))).size).toBe(nBest.length);
  const C = model.labels.length;
  for (const t of tokens.keys()) {
    const row = marginals?.subarray(t * C, (t + 1) * C) as Float32Array;
    expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(row[model.labels.indexOf(tags[t] as string)]).toBe(probabilities?.[t]);
    // The marginal of a tag is the sum of the sequences that have it.
    for (const [id, label] of model.labels.entries()) {
      const sum = nBest.reduce((all, path) => all + (path.tags[t] === label ? path.probability : 0), 0);
      expect(row[id]).toBeCloseTo(sum, 3);
    }
  }
});

test("the loss of an evaluation is what the likeliest sequences' probabilities say", async () => {
  const sentences = names(20);
  const found = await model.tag(
    sentences.map(({ tokens }) => tokens),
    { nBest: 2 },
  );
  const asFound = sentences.map(({ tokens }, i) => ({ tokens, tags: found[i]?.nBest?.[0]?.tags as string[] }));
  const cost = found.reduce((sum, { nBest }) => sum - Math.log(nBest?.[0]?.probability as number), 0);
  const tokens = sentences.reduce((sum, sentence) => sum + sentence.tokens.length, 0);
  expect((await model.evaluate(asFound)).loss).toBeCloseTo(cost / tokens, 4);
});

test("1, 9 and 64 sentences side by side have the same best sequences and marginals, to the bit", async () => {
  const sentences = names(64).map(({ tokens }) => tokens);
  const options = { nBest: 3, marginals: true };
  const alone = await model.tag(sentences, { ...options, batchSize: 1 });
  for (const batchSize of [9, 64]) expect(await model.tag(sentences, { ...options, batchSize })).toEqual(alone);
});

test("the best sequences of a softmax are products of its probabilities", async () => {
  const soft = await trained({ output: "softmax" });
  const [{ nBest = [], marginals = new Float32Array() } = {}] = await soft.tag([["mr", "x"]], {
    nBest: 25,
    marginals: true,
  });
  const C = soft.labels.length;
  expect(nBest).toHaveLength(C * C);
  // Each token stands by itself: any tag may follow any other.
  expect((await soft.evaluate([{ tokens: ["x", "x"], tags: ["O", "I-PER"] }])).count).toBe(2);
  for (const { tags, probability } of nBest) {
    const [a, b] = tags.map((tag, t) => marginals[t * C + soft.labels.indexOf(tag)] as number) as [number, number];
    expect(probability).toBeCloseTo(a * b, 5);
  }
});

test("BMES is BIOES whose middle is M", () => {
  const scheme = TagScheme.of(["B-X", "M-X", "E-X", "S-X", "O"]);
  expect(scheme?.name).toBe("BMES");
  const steps = [
    ["B-X", "M-X"],
    ["M-X", "E-X"],
    ["M-X", "O"],
    ["O", "M-X"],
    ["B-X", null],
  ] as const;
  expect(steps.map(([before, after]) => scheme?.allows(before, after))).toEqual([true, true, false, false, false]);
});

test("labels of BIO, BIOES and BILOU say which may follow; others are free", () => {
  const allowed = (labels: string[], pairs: [string | null, string | null][]) => {
    const scheme = TagScheme.of(labels);
    return pairs.map(([before, after]) => scheme?.allows(before, after) ?? null);
  };
  const bio = ["O", "B-X", "I-X", "B-Y", "I-Y"];
  expect(
    allowed(bio, [
      ["B-X", "I-X"],
      ["I-X", "I-X"],
      ["B-X", null],
      ["B-X", "B-X"],
      [null, "B-Y"],
    ]),
  ).toEqual([true, true, true, true, true]);
  expect(
    allowed(bio, [
      ["O", "I-X"],
      [null, "I-X"],
      ["B-Y", "I-X"],
      ["I-X", "I-Y"],
    ]),
  ).toEqual([false, false, false, false]);
  for (const [E, S] of [
    ["E", "S"],
    ["L", "U"],
  ]) {
    const closed = ["O", "B-X", "I-X", `${E}-X`, `${S}-X`];
    expect(
      allowed(closed, [
        ["B-X", `${E}-X`],
        [`${E}-X`, "B-X"],
        [`${S}-X`, null],
        ["O", `${S}-X`],
      ]),
    ).toEqual([true, true, true, true]);
    expect(
      allowed(closed, [
        ["B-X", "O"],
        ["B-X", null],
        ["O", `${E}-X`],
        [`${S}-X`, "I-X"],
        ["B-X", `${S}-X`],
      ]),
    ).toEqual([false, false, false, false, false]);
  }
  for (const free of [["NOUN", "VERB"], ["I-X", "I-Y", "O"], ["B-", "x"], ["O"]]) expect(TagScheme.of(free)).toBeNull();
  const scores = forbiddenTransitions(bio, TagScheme.of(bio));
  expect(scores).toHaveLength(7 * 5);
  expect([scores[0 * 5 + 2], scores[1 * 5 + 2], scores[5 * 5 + 2], scores[6 * 5 + 2]]).toEqual([
    Math.fround(-1e30),
    0,
    Math.fround(-1e30),
    0,
  ]);
});

test("IOB1 is known by its sentences: I-X may follow anything, and B-X only its own type", async () => {
  const of = (...tags: string[]) => ({ tokens: tags.map(() => "x"), tags });
  const schemeOf = (...sentences: string[][]) => {
    const { labels, scheme } = TaggerVocabulary.of(sentences.map((tags) => of(...tags)));
    return TagScheme.of(labels.names, scheme)?.name ?? null;
  };
  expect(schemeOf(["I-X", "B-X", "O"], ["O", "I-Y"])).toBe("IOB1");
  expect(schemeOf(["O", "I-X", "I-X"])).toBe("IOB1");
  expect(schemeOf(["B-X", "I-X", "O"])).toBe("BIO");
  expect(schemeOf(["O", "B-X"], ["O", "I-X"])).toBe("BIO");
  expect(schemeOf(["I-X", "B-Y"])).toBeNull();
  expect(schemeOf(["B-X", "E-X"], ["S-X", "O"])).toBe("BIOES");
  expect(schemeOf(["B-X", "L-X"], ["U-X", "O"])).toBe("BILOU");
  expect(schemeOf(["NOUN", "I-X"])).toBeNull();

  const tokenizer = TaggerVocabulary.of([of("I-X", "B-X", "O"), of("O", "I-Y")]);
  const fresh = await SequenceTagger.create({ tokenizer, output: "crf", hiddenSize: 4, characters: "none" });
  const folder = join(await temporaryFolder(), "model");
  await fresh.save(folder);
  const loaded = await SequenceTagger.load(folder);
  for (const one of [fresh, loaded]) {
    const found = await one.tag(
      Array.from({ length: 40 }, () => Array.from({ length: 6 }, () => "x")),
      { nBest: 20 },
    );
    for (const { nBest = [] } of found) {
      for (const { tags } of nBest) {
        for (const [t, tag] of tags.entries()) if (tag === "B-X") expect(tags[t - 1]).toMatch(/^[BI]-X$/);
      }
    }
    expect((await one.evaluate([of("I-X", "B-X", "O")])).sentences).toBe(1);
    await expect(one.evaluate([of("O", "B-X")])).rejects.toThrow("B-X cannot follow O: the tags look like IOB1");
  }
});

test("tags that BIO forbids are refused by their line, unless anything may follow anything", async () => {
  const sentences = [
    { tokens: ["a", "b"], tags: ["B-PER", "I-PER"], file: "x.conll", lines: [1, 2] },
    { tokens: ["c", "d"], tags: ["O", "I-LOC"], file: "x.conll", lines: [4, 5] },
  ];
  const { tokenizer } = model;
  await expect(TaggedData.create(sentences, { tokenizer })).rejects.toThrow(
    /^x\.conll, line 5: I-LOC cannot follow O: the tags look like BIO\. Correct it, or .*--no-constraints/,
  );
  await expect(model.evaluate(sentences)).rejects.toThrow(/line 5: I-LOC cannot follow O/);
  await expect(
    TaggedData.create(
      sentences.slice(1).map((s) => ({ ...s, tags: ["I-LOC", "O"] })),
      { tokenizer },
    ),
  ).rejects.toThrow(/line 4: I-LOC cannot begin a sentence/);
  expect((await TaggedData.create(sentences, { tokenizer, constraints: false })).sentences).toBe(2);
});
