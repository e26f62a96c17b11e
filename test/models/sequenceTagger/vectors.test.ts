import { expect, test } from "vitest";
import { adam, SequenceTagger, TaggedData, TaggerVocabulary, Trainer, WordVectors } from "../../../lib/index.js";

const sentences = [
  { tokens: ["the", "Sea"], tags: ["D", "N"] },
  { tokens: ["a", "ship"], tags: ["D", "N"] },
];
const vectors = new WordVectors(["sea", "the", "lake"], Float32Array.of(1, 2, 3, 4, 5, 6), 2);

async function model(options: { frozenWords?: boolean } = {}) {
  const tokenizer = TaggerVocabulary.of(sentences, { more: vectors.words });
  const own = await SequenceTagger.create({
    tokenizer,
    embeddingSize: 2,
    hiddenSize: 4,
    characters: "none",
    ...options,
  });
  const rowOf = async (word: string) => {
    const id = tokenizer.words.id(word);
    return [...(await own.store.read("words.weight"))].slice(2 * id, 2 * id + 2);
  };
  return { own, rowOf, tokenizer };
}

test("words get the vectors of a file, their own or those in lower case, and others keep theirs", async () => {
  const { own, rowOf, tokenizer } = await model();
  expect(tokenizer.words.words).toEqual(["<unk>", "Sea", "a", "ship", "the", "sea", "lake"]);
  const before = await rowOf("ship");
  expect(await own.useVectors(vectors)).toBe(4);
  expect([await rowOf("Sea"), await rowOf("the"), await rowOf("lake")]).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(await rowOf("ship")).toEqual(before);
  await expect(own.useVectors(new WordVectors(["a"], Float32Array.of(1, 2, 3), 3))).rejects.toThrow(
    /the vectors have 3 numbers, and embeddingSize is 2/,
  );
  await expect(own.useVectors({} as never)).rejects.toThrow(/expected vectors to be WordVectors/);
});

test("a model whose numbers overflow says so in place of tags", async () => {
  const { own, tokenizer } = await model();
  await own.store.write("output.bias", (await own.store.read("output.bias")).fill(Number.POSITIVE_INFINITY));
  await expect(own.tag([["the", "Sea"]])).rejects.toThrow(
    "tag: the numbers inside of the model overflow: train it with a lower learning rate.",
  );
  expect(() => TaggerVocabulary.fromJSON(null)).toThrow(
    "Expected the words, characters and labels of a tagger, got null.",
  );
  expect(TaggerVocabulary.fromJSON(JSON.parse(JSON.stringify(tokenizer)))).toEqual(tokenizer);
});

test.each([
  [true, "stay as they are"],
  [false, "learn with the rest"],
])("with frozenWords %s the vectors %s", async (frozenWords) => {
  const { own, rowOf, tokenizer } = await model({ frozenWords });
  await own.useVectors(vectors);
  const output = await own.store.read("output.weight");
  const data = await TaggedData.create(sentences, { tokenizer, wordDropout: 0 });
  await new Trainer(own, { data, epochs: 3, optimizer: adam({ learningRate: 0.1 }) }).run();
  expect(await own.store.read("output.weight")).not.toEqual(output);
  if (frozenWords) expect(await rowOf("the")).toEqual([3, 4]);
  else expect(await rowOf("the")).not.toEqual([3, 4]);
  // No sentence has it.
  expect(await rowOf("lake")).toEqual([5, 6]);
});
