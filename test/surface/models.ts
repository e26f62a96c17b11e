import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry, made, of } from "./row.js";
import * as things from "./things.js";

const {
  CaptionData,
  Forecaster,
  FrameData,
  FrameTagger,
  ImageCaptioner,
  ImageSet,
  LabelledData,
  LanguageModel,
  PairData,
  Seq2Seq,
  SequenceClassifier,
  SequenceTagger,
  TaggedData,
} = ostinato;
const {
  captionedImages,
  captioner,
  classifier,
  config,
  executor,
  forecaster,
  framed,
  frameTagger,
  labelled,
  model,
  pair,
  pairData,
  pairs,
  probed,
  series,
  tagged,
  tagger,
  tokenizer,
  translator,
  windows,
  word2Vec,
  words,
  wordStream,
} = things;

/** The record of a kind, which is code: no entry of it is replaced. */
const kind = Object.create(LanguageModel.kind) as object;

export const modelRows: Record<string, Entry> = {
  gradientFlow: entry(ostinato.gradientFlow as never, () => [
    new ostinato.GRU("r", { inputSize: 2, hiddenSize: 3 }),
    { lags: 2, sequences: 2, seed: 4 },
  ]),
  createModel: entry(ostinato.createModel as never, () => [kind, { ...config, tokenizer }]),
  loadModelOf: entry(ostinato.loadModelOf as never, () => [kind, "model", { executor }]),
  loadModel: entry(ostinato.loadModel as never, () => ["model", { executor }]),
  "Seq2Seq.create": entry(Seq2Seq.create as never, () => [
    { executor, hiddenSize: 4, tokenizer: pair, seed: 2, encoderLayers: 1 },
  ]),
  "Seq2Seq.load": entry(Seq2Seq.load as never, () => ["savedPairs", { executor }]),
  "PairModel.evaluate": entry(
    of(() => translator, "evaluate"),
    () => [pairs, {}],
  ),
  "PairModel.translate": entry(
    of(() => translator, "translate"),
    () => [["ab"], { beams: 2, nBest: 1, maximumLength: 3 }],
  ),
  "PairModel.score": entry(
    of(() => translator, "score"),
    () => [pairs, { maximumLength: 3 }],
  ),
  "Seq2Seq.vectors": entry(
    of(() => translator, "vectors"),
    () => [["ab"], {}],
  ),
  "Seq2Seq.save": entry(
    of(() => translator, "save"),
    () => ["savedPairs"],
  ),
  "Seq2Seq.restore": entry(
    of(() => translator, "restore"),
    () => ["savedPairs"],
  ),
  "Seq2Seq.quantize": entry(
    of(() => Seq2Seq.create({ executor, hiddenSize: 4, tokenizer: pair }), "quantize"),
    () => ["int8"],
  ),
  "TransformerSeq2Seq.create": entry(ostinato.TransformerSeq2Seq.create as never, () => [
    { executor, hiddenSize: 4, heads: 2, tokenizer: pair, seed: 2, encoderLayers: 1, decoderLayers: 1 },
  ]),
  "TransformerSeq2Seq.load": entry(ostinato.TransformerSeq2Seq.load as never, () => [
    "savedTransformerPairs",
    { executor },
  ]),
  "SequenceClassifier.create": entry(SequenceClassifier.create as never, () => [
    { ...config, tokenizer, labels: ["x", "y"], pooling: "max", dropout: 0.1 },
  ]),
  "SequenceClassifier.load": entry(SequenceClassifier.load as never, () => ["savedLabels", { executor }]),
  "SequenceClassifier.classify": entry(
    of(() => classifier, "classify"),
    () => [["ab"], { batchSize: 2 }],
  ),
  "SequenceClassifier.evaluate": entry(
    of(() => classifier, "evaluate"),
    () => [labelled, { batchSize: 2 }],
  ),
  "SequenceClassifier.fitLinear": entry(
    of(() => classifier, "fitLinear"),
    () => [labelled, { validation: labelled }],
  ),
  "ImageCaptioner.create": entry(ImageCaptioner.create as never, () => [
    { executor, tokenizer, rows: 2, columns: 2, channels: 3, hiddenSize: 4, gate: false },
  ]),
  "ImageCaptioner.load": entry(ImageCaptioner.load as never, () => ["savedCaptions", { executor }]),
  "ImageCaptioner.caption": entry(
    of(() => captioner, "caption"),
    () => [captionedImages, { beams: 2, maximumLength: 3 }],
  ),
  "ImageCaptioner.evaluate": entry(
    of(() => captioner, "evaluate"),
    () => [captionedImages, { batchSize: 2 }],
  ),
  "ImageCaptioner.score": entry(
    of(() => captioner, "score"),
    () => [captionedImages, { beams: 2, maximumLength: 3, scores: { lowercase: true } }],
  ),
  ImageCaptionerNetwork: entry(made(ostinato.ImageCaptionerNetwork), () => [
    { vocabularySize: 3, rows: 2, columns: 2, channels: 3, hiddenSize: 4 },
  ]),
  "CaptionData.create": entry(CaptionData.create as never, () => [
    captionedImages,
    { tokenizer, batchSize: 2, long: "skip" },
  ]),
  "CaptionData.batches": entry(
    of(() => CaptionData.create(captionedImages, { tokenizer }), "batches"),
    () => [0, 0],
  ),
  "ImageSet.open": entry(ImageSet.open as never, () => ["images.npy", { imageSize: 4 }]),
  "ImageSet.image": entry(
    of(() => ImageSet.open("images.npy"), "image"),
    () => ["1"],
  ),
  "ImageSet.captioned": entry(
    of(() => ImageSet.open("images.npy"), "captioned"),
    () => [[{ image: "0", captions: ["ab"], places: ["line 1"] }], {}],
  ),
  SequenceClassifierNetwork: entry(made(ostinato.SequenceClassifierNetwork), () => [
    { vocabularySize: 3, classes: 2, hiddenSize: 4, pooling: "mean" },
  ]),
  "LabelledData.create": entry(LabelledData.create as never, () => [
    labelled,
    { tokenizer: classifier.tokenizer, batchSize: 2, long: "cut" },
  ]),
  "LabelledData.batches": entry(
    of(() => LabelledData.create(labelled, { tokenizer: classifier.tokenizer }), "batches"),
    () => [0],
  ),
  "SequenceTagger.create": entry(SequenceTagger.create as never, () => [
    { ...config, tokenizer: tagger.tokenizer, characters: "cnn", dropout: 0.1 },
  ]),
  "SequenceTagger.load": entry(SequenceTagger.load as never, () => ["savedTags", { executor }]),
  "SequenceTagger.probe": entry(
    of(() => tagger, "probe"),
    () => [probed, { heldOut: 0.5, seed: 2 }],
  ),
  "SequenceClassifier.probe": entry(
    of(() => classifier, "probe"),
    () => [[...labelled, ...labelled, ...labelled], { heldOut: 0.5, seed: 2 }],
  ),
  "SequenceTagger.tag": entry(
    of(() => tagger, "tag"),
    () => [[["ab"]], { batchSize: 2 }],
  ),
  "SequenceTagger.evaluate": entry(
    of(() => tagger, "evaluate"),
    () => [tagged, { batchSize: 2 }],
  ),
  "SequenceTagger.useVectors": entry(
    of(() => tagger, "useVectors"),
    () => [new ostinato.WordVectors(["ab"], new Float32Array(4), 4)],
  ),
  SequenceTaggerNetwork: entry(made(ostinato.SequenceTaggerNetwork), () => [
    { vocabularySize: 3, characterCount: 3, classes: 2, hiddenSize: 4, characters: "none" },
  ]),
  "TaggedData.create": entry(TaggedData.create as never, () => [
    tagged,
    { tokenizer: tagger.tokenizer, batchSize: 2, long: "cut" },
  ]),
  "TaggedData.batches": entry(
    of(() => TaggedData.create(tagged, { tokenizer: tagger.tokenizer }), "batches"),
    () => [0],
  ),
  "FrameTagger.create": entry(FrameTagger.create as never, () => [
    { ...config, tokenizer: frameTagger.tokenizer, bidirectional: false, dropout: 0.1 },
  ]),
  "FrameTagger.load": entry(FrameTagger.load as never, () => ["savedFrames", { executor }]),
  "FrameTagger.tag": entry(
    of(() => frameTagger, "tag"),
    () => [framed, { batchSize: 2 }],
  ),
  "FrameTagger.evaluate": entry(
    of(() => frameTagger, "evaluate"),
    () => [framed, { batchSize: 2 }],
  ),
  FrameTaggerNetwork: entry(made(ostinato.FrameTaggerNetwork), () => [
    { inputSize: 3, classes: 2, hiddenSize: 4, bidirectional: false },
  ]),
  "FrameData.create": entry(FrameData.create as never, () => [
    framed,
    { tokenizer: frameTagger.tokenizer, batchSize: 2, long: "split" },
  ]),
  "FrameData.batches": entry(
    of(() => FrameData.create(framed, { tokenizer: frameTagger.tokenizer }), "batches"),
    () => [0],
  ),
  "Forecaster.create": entry(Forecaster.create as never, () => [
    { executor, horizon: 2, season: 4, hiddenSize: 4, series, output: "point" },
  ]),
  "Forecaster.load": entry(Forecaster.load as never, () => ["savedForecaster", { executor }]),
  "Forecaster.forecast": entry(
    of(() => forecaster, "forecast"),
    () => [series, { levels: [0.5], paths: 2, seed: 3 }],
  ),
  "Forecaster.backtest": entry(
    of(() => forecaster, "backtest"),
    () => [series, { lastSteps: 2, stride: 1 }],
  ),
  SeriesData: entry(made(ostinato.SeriesData), () => [series, { config: forecaster.network.config, batchSize: 2 }]),
  "SeriesData.batches": entry(
    of(() => new ostinato.SeriesData(series, { config: forecaster.network.config }), "batches"),
    () => [0],
  ),
  "Word2Vec.create": entry(ostinato.Word2Vec.create as never, () => [
    { executor, tokenizer: words, size: 4, architecture: "cbow", window: 2 },
  ]),
  "Word2Vec.load": entry(ostinato.Word2Vec.load as never, () => ["savedWords", { executor }]),
  "Word2Vec.from": entry(ostinato.Word2Vec.from as never, () => [
    new ostinato.WordVectors(["ab"], new Float32Array(4), 4),
    { executor },
  ]),
  "Word2Vec.useVectors": entry(
    of(() => word2Vec, "useVectors"),
    () => [new ostinato.WordVectors(["ab"], new Float32Array(4), 4)],
  ),
  ContextData: entry(made(ostinato.ContextData), () => [wordStream, { model: word2Vec, batchSize: 4, sample: 0 }], [0]),
  "ContextData.batches": entry(
    of(() => new ostinato.ContextData(wordStream, { model: word2Vec }), "batches"),
    () => [0],
  ),
  similarityScores: entry(ostinato.similarityScores as never, () => [
    new ostinato.WordVectors(["a", "b", "c"], Float32Array.of(1, 0, 1, 1, 0, 1), 2),
    [
      { words: ["a", "b"], score: 1, line: 1 },
      { words: ["a", "c"], score: 2, line: 2 },
    ],
  ]),
  analogyScores: entry(ostinato.analogyScores as never, () => [
    new ostinato.WordVectors(["a", "b", "c"], Float32Array.of(1, 2, 3), 1),
    [{ words: ["a", "b", "c", "a"], section: "", line: 1 }],
    { executor },
  ]),
  "PairData.create": entry(PairData.create as never, () => [pairs, { tokenizer: pair, batchSize: 2, long: "skip" }]),
  "PairData.batches": entry(of(pairData, "batches"), () => [0]),

  ...Object.fromEntries(
    Object.entries({
      sgd: ostinato.sgd,
      adam: ostinato.adam,
      adamw: ostinato.adamw,
      asgd: ostinato.asgd,
      rmsprop: ostinato.rmsprop,
      adagrad: ostinato.adagrad,
    }).map(([name, optimizer]) => [name, entry(optimizer as never, () => [{ learningRate: 0.1, weightDecay: 0 }])]),
  ),
  constant: entry(ostinato.constant as never, () => []),
  cosine: entry(ostinato.cosine as never, () => [{}]),
  noam: entry(ostinato.noam as never, () => [{}]),
  linearDecay: entry(ostinato.linearDecay as never, () => [{}]),
  plateau: entry(ostinato.plateau as never, () => [{}]),
  stepDecay: entry(ostinato.stepDecay as never, () => [{}]),
  warmup: entry(ostinato.warmup as never, () => [10]),
  teacherForcing: entry(ostinato.teacherForcing as never, () => ["linear:1:0:100"]),
  Trainer: entry(made(ostinato.Trainer), () => [
    model,
    { data: windows(), epochs: 1, clipNorm: 1, optimizer: ostinato.adam() },
  ]),
  "Trainer.run": entry(
    of(() => new ostinato.Trainer(model, { data: windows(), epochs: 1 }), "run"),
    () => [{}],
  ),
};
