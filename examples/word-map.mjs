// Word vectors of a text of your own: neighbours, an analogy, a map as a picture, and a file for other programs.
//
//   node examples/word-map.mjs text.txt [word ...]
import { writeFile } from "node:fs/promises";
import {
  ContextData,
  Corpus,
  CountedWords,
  linearDecay,
  lookupTableSVG,
  sgd,
  Trainer,
  vectorMap,
  vectorMapSVG,
  Word2Vec,
  WordTokenizer,
  writeWordVectors,
} from "ostinato";

const [file, ...asked] = process.argv.slice(2);
if (!file) {
  console.error("usage: node examples/word-map.mjs text.txt [word ...]");
  process.exit(2);
}
const corpus = Corpus.fromFile(file).plainWords();
const tokenizer = await WordTokenizer.fromCorpus(corpus, { minimumCount: 5, unknown: true });
const stream = await corpus.tokenize(tokenizer);
const model = await Word2Vec.create({ tokenizer: await CountedWords.from(stream), size: 100 });
const trainer = new Trainer(model, {
  data: new ContextData(stream, { model, sample: 1e-4 }),
  epochs: 10,
  optimizer: sgd({ learningRate: 0.05 }),
  schedule: linearDecay(),
});
trainer.on("step", ({ step, progress, tokensPerSecond }) => {
  if (step % 100 === 0) console.log(`${Math.round(100 * progress)} %, ${Math.round(tokensPerSecond)} words a second`);
});
await trainer.run();

const vectors = await model.vectors();
const words = asked.length > 0 ? asked : vectors.words.slice(50, 60);
for (const word of words) {
  const near = vectors.neighbours(word, { top: 5 });
  console.log(`${word}: ${near.map((other) => `${other.word} ${other.similarity.toFixed(2)}`).join(", ")}`);
}
const shown = [...new Set(words.flatMap((word) => [word, ...vectors.neighbours(word, { top: 6 }).map((one) => one.word)]))];
const rows = (list) => list.map((word) => vectors.of(word));
await writeFile("word-table.svg", lookupTableSVG({ words, vectors: rows(words) }));
await writeFile("word-map.svg", vectorMapSVG(vectorMap({ labels: shown, vectors: rows(shown) })));
await writeWordVectors("word-vectors.txt", vectors);
console.log("Written: word-table.svg, word-map.svg, word-vectors.txt");
