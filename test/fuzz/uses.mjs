import { join } from "node:path";
import {
  NgramModel,
  readCaptionTable,
  readFrames,
  readImage,
  readLabelledTable,
  readNpy,
  readSeries,
  readTaggedSentences,
  readTensors,
  readWordJudgements,
  readWordVectors,
} from "../../dist/index.js";

/** The use that people make of a model, by the name of its kind. */
const uses = {
  Seq2Seq: translate,
  TransformerSeq2Seq: translate,
  Word2Vec: async (model) => {
    const vectors = await model.vectors();
    vectors.neighbours(vectors.words[0], { top: 2 });
    await model.quantize("int8");
  },
  SequenceClassifier: async (model) => {
    const frames = { frames: { shape: [2, 2], values: new Float32Array(4) } };
    await model.classify([model.tokenizer.features ? frames : "ab d"]);
    if (!model.tokenizer.features) await model.evaluate([{ text: "ab", label: "x" }]);
  },
  SequenceTagger: (model) => model.tag([["ab", "x"]], { nBest: 2 }),
  FrameTagger: (model) => model.tag([{ frames: { shape: [2, 2], values: new Float32Array(4) } }]),
  Forecaster: (model) => model.forecast([{ name: "a", values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }]),
  ImageCaptioner: async (model) => {
    const { rows, columns, channels } = model.network.config;
    const shape = [rows, columns, channels];
    const size = rows * columns * channels;
    if (size < 1e6) await model.caption([{ image: { shape, values: new Float32Array(size) } }], { maximumLength: 3 });
  },
};

/** As a model of pairs is used. */
function translate(model) {
  return model.translate(["ab c"], { maximumLength: 4, beams: 2 });
}

/** Makes use of a model. */
export async function useOf(model) {
  const use = uses[model.kind.name];
  if (use) return use(model);
  await model.generateAll({ prompts: [""], maximumLength: 4, seed: 1 });
  await model.evaluate("ab cd\nab");
  if (model instanceof NgramModel) await model.slotSearch({ prompt: "", slots: 2, steps: 2 });
}

/** Readers of files that are no models, by the names of the files. */
const readers = {
  "vectors.txt": useVectors,
  "vectors.bin": useVectors,
  "counts.arpa": useArpa,
  "counts.arpa.gz": useArpa,
  "array.npy": readNpy,
  "weights.pt": readTensors,
  "views.pt": readTensors,
  "old.pt": readTensors,
  "photo.png": readImage,
  "judgements.tsv": readWordJudgements,
  "analogies.txt": readWordJudgements,
  "tags.conll": readTaggedSentences,
  "tags.conllu": readTaggedSentences,
  "captions.csv": (file) => readCaptionTable(file, { header: true }),
  "labels.csv": (file) => readLabelledTable(file),
  "frames.csv": (file) => readFrames(file),
  "series.csv": (file) => readSeries(file),
};

/** Reads a file. */
export async function readFile(folder, name) {
  await readers[name](join(folder, name));
}

async function useVectors(file) {
  const vectors = await readWordVectors(file);
  if (vectors.words.length > 0) vectors.neighbours(vectors.words[0], { top: 2 });
}

async function useArpa(file) {
  const model = await NgramModel.fromArpa(file);
  await model.evaluate("ab cd\nab");
}
