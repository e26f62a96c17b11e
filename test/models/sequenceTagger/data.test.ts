import { expect, test } from "vitest";
import { TaggerVocabulary } from "../../../lib/data/taggerVocabulary.js";
import { TaggedData } from "../../../lib/models/sequenceTagger/data.js";

const sentences = Array.from({ length: 53 }, (_, i) => {
  const tokens = Array.from({ length: 1 + (i % 11) }, (_, t) => `w${(i * t) % 17}${"x".repeat(t % 5)}`);
  return {
    tokens,
    tags: tokens.map((token) => (token.endsWith("x") ? "X" : "O")),
    file: "t.conll",
    lines: tokens.map((_, t) => i * 20 + t),
  };
});
const tokenizer = TaggerVocabulary.of(sentences);

/** Every sentence of an epoch with its tags and spellings, as the batches hold them. */
function read(data: TaggedData, epoch: number): string[] {
  return [...data.batches(epoch)].flatMap(({ form: { T, B, C, W }, feeds, tokens }) => {
    const own = feeds as Record<string, Int32Array>;
    const { ids, lengths, targets, spellings, characters, characterLengths } = own as Required<typeof own>;
    expect([ids?.length, characters?.length]).toEqual([T * B, C * W]);
    expect(tokens).toBe(lengths?.reduce((sum, n) => sum + n, 0));
    return Array.from({ length: B }, (_, b) =>
      Array.from({ length: lengths?.[b] as number }, (_, t) => {
        const [at, w] = [t * B + b, spellings?.[t * B + b] as number];
        const spelled = Array.from({ length: characterLengths?.[w] as number }, (_, c) => characters?.[c * W + w]);
        return `${ids?.[at]} ${spelled.join(",")} ${targets?.[at]}`;
      }).join(" | "),
    );
  });
}

test("an epoch has every sentence once, each word with its spelling and tag, in an order of its own", async () => {
  const data = await TaggedData.create(sentences, { tokenizer, batchSize: 8, wordDropout: 0 });
  const { words, spelling, labels } = tokenizer;
  const expected = sentences.map(({ tokens, tags }) =>
    tokens
      .map((token, t) => `${words.id(token)} ${spelling.spell(token, 24).join(",")} ${labels.id(tags[t] as string)}`)
      .join(" | "),
  );
  expect(read(data, 0).sort()).toEqual(expected.sort());
  expect(read(data, 1)).not.toEqual(read(data, 0));
  expect([...data.batches(0, 5)]).toEqual([...data.batches(0)].slice(5));
});

test("word dropout reads rare words as unknown ones, the rarer the more often, and only in training", async () => {
  const many = Array.from({ length: 400 }, (_, i) => ({
    tokens: ["often", i < 200 ? `once${i}` : "often"],
    tags: ["O", "X"],
  }));
  const own = TaggerVocabulary.of(many);
  const shared = { tokenizer: own, batchSize: 8, wordDropout: 1 };
  const unknownIn = (data: TaggedData, epoch: number) => {
    const all = [...data.batches(epoch)].flatMap(({ feeds }) => [...(feeds.ids as Int32Array)]);
    // T is 4: half of them are padding.
    return all.filter((id) => id === 0).length - all.length / 2;
  };
  const data = await TaggedData.create(many, shared);
  // Probability 1/2 for 200 words, 1/601 for 600.
  expect(unknownIn(data, 0)).toBeGreaterThan(70);
  expect(unknownIn(data, 0)).toBeLessThan(135);
  expect(unknownIn(data, 0)).not.toBe(unknownIn(data, 3));
  expect([...data.batches(2, 11)]).toEqual([...data.batches(2)].slice(11));
  expect(unknownIn(await TaggedData.create(many, { ...shared, role: "validate" }), 0)).toBe(0);
});

test("longer sentences are refused by their place, cut, or left out", async () => {
  const shared = { tokenizer, maximumLength: 10 };
  await expect(TaggedData.create(sentences, shared)).rejects.toThrow(
    /^t\.conll, line 200: the sentence has 11 tokens, and at most 10/,
  );
  const cut = await TaggedData.create(sentences, { ...shared, long: "cut" });
  expect([cut.sentences, cut.cut, cut.skipped]).toEqual([53, 4, 0]);
  const beginnings = sentences.map(({ tokens, tags }) => ({ tokens: tokens.slice(0, 10), tags: tags.slice(0, 10) }));
  const plain = { tokenizer, wordDropout: 0, role: "validate" as const };
  expect(read(await TaggedData.create(sentences, { ...plain, maximumLength: 10, long: "cut" }), 0)).toEqual(
    read(await TaggedData.create(beginnings, plain), 0),
  );
  expect(cut.tokens).toBe(beginnings.reduce((sum, { tokens }) => sum + tokens.length, 0));
  const skipped = await TaggedData.create(sentences, { ...shared, long: "skip" });
  expect([skipped.sentences, skipped.cut, skipped.skipped]).toEqual([49, 0, 4]);
  await expect(TaggedData.create(sentences.slice(10, 11), { ...shared, long: "skip" })).rejects.toThrow(
    /All 1 sentences are longer/,
  );
});

test("a digest tells tokens and tags apart, and unknown tags are named", async () => {
  const digest = async (tokens: string[], tags: string[]) =>
    (await TaggedData.create([{ tokens, tags }], { tokenizer })).digest();
  const digests = [
    await digest(["a", "b"], ["O", "X"]),
    await digest(["a", "c"], ["O", "X"]),
    await digest(["a", "b"], ["O", "O"]),
  ];
  expect(new Set(digests).size).toBe(3);
  const identities = await Promise.all(
    [{}, { wordDropout: 0.5 }, { seed: 2 }, { batchSize: 2 }, { role: "validate" as const }].map(
      async (options) => (await TaggedData.create(sentences, { tokenizer, ...options })).identity,
    ),
  );
  expect(new Set(identities).size).toBe(identities.length);
  // No word is dropped from what is measured.
  const measured = { tokenizer, role: "validate" as const, wordDropout: 0.5 };
  expect((await TaggedData.create(sentences, measured)).identity).toBe(identities.at(-1));
  const odd = { ...(sentences[3] as (typeof sentences)[number]), tags: ["O", "O", "XX", "O"] };
  await expect(TaggedData.create([odd], { tokenizer })).rejects.toThrow(/^t\.conll, line 62: Unknown label "XX"/);
  await expect(TaggedData.create([], { tokenizer })).rejects.toThrow(/There are no sentences/);
  await expect(TaggedData.create("a" as never, { tokenizer })).rejects.toThrow(/expected a list of \{ tokens, tags \}/);
});
