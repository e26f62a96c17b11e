// Finds people and places in sentences, names that it never met too, and says how sure it is: a tagger with a conditional random field.
//
//   node examples/names-in-text.mjs
import { adam, SequenceTagger, TaggedData, TaggerVocabulary, Trainer, tagSpans } from "../dist/index.js";

// Sentences of a few patterns with invented names. In your program: await readTaggedSentences("names.conll").
let state = 7;
const draw = (limit) => (state = (state * 48_271) % 2_147_483_647) % limit;
const word = (...syllables) => syllables.map((set) => set[draw(set.length)]).join("");
const first = ["Ka", "Bo", "Li", "Ru", "Te", "Ma", "Jo", "Si"];
const person = () => word(first, ["ra", "no", "mi", "la"], ["", "s", "n"]);
const place = () => word(first, ["ver", "ston", "mar", "ten"], ["ton", "ville", "port"]);
const patterns = ["P went to L .", "P P met P in L .", "in L the sea is calm .", "did P see L ?", "P of L left .", "the ship sails to L ."];

function sentence() {
  const parts = patterns[draw(patterns.length)].split(" ");
  const tokens = parts.map((part) => ({ P: person, L: place })[part]?.() ?? part);
  const type = { P: "person", L: "place" };
  const tags = parts.map((part, t) => (type[part] ? `${parts[t - 1] === part ? "I" : "B"}-${type[part]}` : "O"));
  return { tokens, tags };
}

const [train, test] = [400, 100].map((count) => Array.from({ length: count }, sentence));
const tokenizer = TaggerVocabulary.of(train, { minimumCount: 2 });
const model = await SequenceTagger.create({ tokenizer, output: "crf", hiddenSize: 32, embeddingSize: 16, characterSize: 16, dropout: 0.2 });
const data = await TaggedData.create(train, { tokenizer, batchSize: 16, wordDropout: 1 });
await new Trainer(model, { data, epochs: 6, optimizer: adam({ learningRate: 0.01 }) }).run();

const { spans } = await model.evaluate(test);
console.log(`F1 of spans ${(100 * spans.f1).toFixed(0)} %: ${spans.types.map(({ type, f1 }) => `${type} ${(100 * f1).toFixed(0)} %`).join(", ")}`);

const tokens = "Ishra Ahno met Queequmi in Nanver .".split(" ");
const [{ tags, nBest }] = await model.tag([tokens], { nBest: 2 });
for (const { type, begin, end } of tagSpans(tags)) console.log(`${type}: ${tokens.slice(begin, end).join(" ")}`);
for (const { tags: sequence, probability } of nBest) console.log(`${(100 * probability).toFixed(1)} % ${sequence.join(" ")}`);
