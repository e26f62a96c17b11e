import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CharacterAwareLanguageModel,
  CharacterTokenizer,
  Corpus,
  CountedWords,
  FeedForwardLanguageModel,
  Forecaster,
  FrameFeatures,
  FrameTagger,
  FrameVocabulary,
  ImageCaptioner,
  LanguageModel,
  Mixture,
  NgramModel,
  nativeExecutor,
  SequenceClassifier,
  SequenceTagger,
  TaggerVocabulary,
  TransformerLanguageModel,
  Word2Vec,
  WordTokenizer,
  writeNpy,
  writeWordVectors,
} from "../../dist/index.js";

const text = "ab cd\nab d\n";

/** A small model of each kind that is none of LanguageModel and Seq2Seq, by the name of its seed. */
export async function otherKinds(executor) {
  const words = await WordTokenizer.fromCorpus(Corpus.fromText(text, "text"), { unknown: true });
  const characters = CharacterTokenizer.fromText(text, { unknown: true });
  const [first, ...others] = await languageModels(words, executor);
  const series = [{ name: "a", values: [1, 2, 3, 2, 1, 2, 3, 2, 1, 2] }];
  const framed = [{ frames: { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) }, labels: ["x", "y", "x"] }];
  const tagged = [{ tokens: ["ab", "cd"], tags: ["I-X", "O"] }];
  const small = { executor, hiddenSize: 2, embeddingSize: 2 };
  const classes = { ...small, labels: ["x", "y"], majority: ["y"] };
  const caption = { ...small, tokenizer: characters, rows: 2, columns: 2, channels: 3 };
  const [counts, corpus] = [await ngrams(), Corpus.fromText(text, "text")];
  return {
    "n-grams, words": counts,
    "Transformer, words": first,
    "neural n-grams, words": others[0],
    "character-aware, words": others[1],
    "mixture of three": await Mixture.of([
      counts,
      ...(await languageModels(counts.tokenizer, nativeExecutor(), true)).slice(0, 2),
    ]),
    "word vectors": await Word2Vec.create({
      tokenizer: await CountedWords.from(await corpus.tokenize(words)),
      ...{ executor, size: 3, objective: "hierarchical" },
    }),
    "classifier, words": await SequenceClassifier.create({ ...classes, tokenizer: words, linearRows: 8 }),
    "classifier, vectors": await SequenceClassifier.create({ ...classes, tokenizer: await FrameFeatures.of(framed) }),
    "tagger, field": await SequenceTagger.create({
      ...{ ...small, tokenizer: TaggerVocabulary.of(tagged), output: "crf", characters: "cnn" },
      ...{ characterEmbeddingSize: 2, characterSize: 2 },
    }),
    "frames, labels": await FrameTagger.create({
      executor,
      hiddenSize: 2,
      tokenizer: await FrameVocabulary.of(framed),
    }),
    forecaster: await Forecaster.create({ executor, horizon: 2, season: 4, hiddenSize: 2, series }),
    captioner: await ImageCaptioner.create(caption),
  };
}

function ngrams() {
  return NgramModel.fromText(text, { order: 3 });
}

async function languageModels(tokenizer, executor, sentences = false) {
  const shared = { tokenizer, executor, hiddenSize: 2, layers: 1, sentences };
  return [
    await TransformerLanguageModel.create({ ...shared, heads: 1, contextLength: 6 }),
    await FeedForwardLanguageModel.create({
      tokenizer,
      executor,
      sentences,
      order: 3,
      embeddingSize: 2,
      hiddenSize: 2,
    }),
    await CharacterAwareLanguageModel.create({ ...shared, filters: 1, filterWidth: 2, characterEmbeddingSize: 2 }),
    await LanguageModel.create(shared),
  ];
}

/** Files that are no models, each alone: of word vectors, n-grams, judgements, tables, sentences and frames. */
export async function otherFiles() {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-seed-"));
  const counts = await ngrams();
  const vectors = await (
    await Word2Vec.create({
      tokenizer: await CountedWords.from(await Corpus.fromText(text, "text").tokenize(WordTokenizer.fromText(text))),
      size: 3,
    })
  ).vectors();
  const at = (name) => join(folder, name);
  for (const name of ["counts.arpa", "counts.arpa.gz"]) await counts.writeArpa(at(name));
  await writeWordVectors(at("vectors.txt"), vectors);
  await writeWordVectors(at("vectors.bin"), vectors, { format: "binary" });
  await writeNpy(at("array.npy"), { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const written = ["counts.arpa", "counts.arpa.gz", "vectors.txt", "vectors.bin", "array.npy"].map((name) => [
    `file ${name}`,
    { [name]: readFileSync(at(name)) },
  ]);
  rmSync(folder, { recursive: true });
  const photo = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC";
  const texts = {
    "judgements.tsv": "ab\tcd\t3.5\nab\td\t0.25\ncd\td\t9\n",
    "analogies.txt": ": family\nab cd d ab\ncd d ab cd\n",
    "tags.conll": "ab B-X\ncd I-X\n\nd O\n",
    "tags.conllu": "# text = ab\n1\tab\tab\tNOUN\t_\t_\t0\troot\t_\t_\n\n",
    "captions.csv": "image,caption\na.png,ab cd\nb.png,d\n",
    "labels.csv": "ab,x\ncd,y\n",
    "frames.csv": "x,y,label\n1,2,a\n3,4,b\n",
    "series.csv": "month,a,b\n2020-01,1,2\n2020-02,3,4\n",
  };
  return Object.fromEntries([
    ...written,
    ...stateDicts(),
    ["file photo.png", { "photo.png": Buffer.from(photo, "base64") }],
    ...Object.entries(texts).map(([name, content]) => [`file ${name}`, { [name]: Buffer.from(content) }]),
  ]);
}

/** Files that torch.save wrote, as it does today and as it did before PyTorch 1.6. */
function stateDicts() {
  const cases = JSON.parse(readFileSync(new URL("../formats/pytorch/pytorch.json", import.meta.url), "utf8"));
  const names = { "weights.pt": "checkpoint", "views.pt": "views", "old.pt": "state_dict, before PyTorch 1.6" };
  return Object.entries(names).map(([file, name]) => {
    const { file: content } = cases.find((one) => one.name === name);
    return [`file ${file}`, { [file]: Buffer.from(content, "base64") }];
  });
}
