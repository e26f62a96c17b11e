/** Ostinato: train and serve recurrent sequence models. What is exported here is public; everything else may move. */
export type {
  CharacterOptions,
  Column,
  HoldOutOptions,
  Pair,
  PairBatch,
  PairBatchOptions,
  PairTableOptions,
  ParallelTextOptions,
  SpecialTokenNames,
  SpecialTokens,
  SplitShares,
  SubwordOptions,
  SubwordProgress,
  TableOptions,
  TextTableOptions,
  TokenDecoder,
  TokenEncoder,
  TokenizedCorpus,
  TokenizeOptions,
  Tokenizer,
  TokenizerKind,
  TokenizerMaker,
  TokenizerPairOptions,
  TokenPair,
  TokenStream,
  WordOptions,
} from "./data/index.js";
export {
  ByteTokenizer,
  CharacterTokenizer,
  Corpus,
  memoryStream,
  PairBatches,
  readPairTable,
  readParallelText,
  registerTokenizer,
  SubwordTokenizer,
  splitPairs,
  TokenizerPair,
  tokenizerFromJSON,
  UnknownTokenError,
  Vocabulary,
  WordTokenizer,
} from "./data/index.js";
export type { ErrorCode } from "./errors.js";
export { errorCodes, FileError, InputError, OptionError, OstinatoError, ShapeError } from "./errors.js";
export type { AddonInfo } from "./executor/addon.js";
export type {
  Executable,
  Executor,
  Feeds,
  Replay,
  ReplayResult,
  RunResult,
  Store,
  Values,
} from "./executor/executor.js";
export type { MatmulPrecision, NativeExecutorOptions } from "./executor/native.js";
export { NativeExecutor, nativeExecutor, nativeInfo, setThreads } from "./executor/native.js";
export { ReferenceExecutor } from "./executor/reference/executor.js";
export type { RunningSearch, SearchPlan, SearchPorts } from "./executor/search.js";
export type { RecordedValue, TrainingRecord } from "./formats/index.js";
export { loadTrainerHistory, readTrainingRecord } from "./formats/index.js";
export * from "./graph/index.js";
export * from "./metrics/index.js";
export type { Activations } from "./models/languageModel/activations.js";
export type { BeamText, BeamTextOptions, BeamTexts } from "./models/languageModel/beamTexts.js";
export type { LanguageModelForm, SentenceDataOptions, WindowDataOptions } from "./models/languageModel/data.js";
export { SentenceData, WindowData } from "./models/languageModel/data.js";
export type { GenerateAllOptions, GenerateOptions } from "./models/languageModel/generation.js";
export type { LanguageModelOptions } from "./models/languageModel/languageModel.js";
export { LanguageModel } from "./models/languageModel/languageModel.js";
export type { LanguageModelConfig, LanguageModelNetwork } from "./models/languageModel/network.js";
export type { NextToken, NextTokens, NextTokensOptions } from "./models/languageModel/nextTokens.js";
export type { TextEnd } from "./models/languageModel/textEnd.js";
export type { EvaluateOptions, Evaluation, TextProbability } from "./models/languageModel/textMeasure.js";
export type { Seq2SeqConfig } from "./models/seq2seq/config.js";
export type { Encoded, Seq2SeqForm } from "./models/seq2seq/network.js";
export { recordSeq2SeqLoss, Seq2SeqNetwork } from "./models/seq2seq/network.js";
export type { PairDataOptions } from "./models/seq2seq/pairData.js";
export { PairData } from "./models/seq2seq/pairData.js";
export type { PairScores } from "./models/seq2seq/pairScores.js";
export type { PairEvaluation, Seq2SeqOptions } from "./models/seq2seq/seq2seq.js";
export { Seq2Seq } from "./models/seq2seq/seq2seq.js";
export type { TranslateOptions, Translation, TranslationHypothesis } from "./models/seq2seq/translation.js";
export * from "./nn/index.js";
export type { RandomSource } from "./random/source.js";
export * from "./search/index.js";
export type { TrainingData } from "./train/data.js";
export type { Divergence } from "./train/divergence.js";
export { DivergenceError } from "./train/divergence.js";
export type {
  CheckpointEvent,
  EndEvent,
  EndReason,
  History,
  HistoryPoint,
  SampleEvent,
  StepEvent,
  TrainerEvents,
  ValidationEvent,
} from "./train/events.js";
export type {
  AdagradOptions,
  AdamOptions,
  Optimizer,
  OptimizerName,
  RMSpropOptions,
  SGDOptions,
  Update,
} from "./train/optimizers.js";
export { adagrad, adam, adamw, rmsprop, sgd } from "./train/optimizers.js";
export type { Moment, PlateauOptions, Schedule, ScheduleName, StepDecayOptions } from "./train/schedules.js";
export { constant, cosine, plateau, stepDecay, warmup } from "./train/schedules.js";
export type { StepOptions } from "./train/step.js";
export type { TeacherForcing } from "./train/teacherForcing.js";
export { teacherForcing } from "./train/teacherForcing.js";
export type { Batch, RecordedLoss, Trainable } from "./train/trainable.js";
export type { SavableModel } from "./train/trainer.js";
export { Trainer } from "./train/trainer.js";
export type { TrainerOptions } from "./train/trainerOptions.js";
export type {
  AttentionMap,
  BeamTree,
  BeamTreeLimits,
  CurveAxis,
  CurveMeasure,
  CurvesOptions,
  ReportHistory,
  Run,
  TextSearch,
  VectorMap,
  VectorMapInput,
} from "./viz/index.js";
export { attentionSVG, beamTreeSVG, curvesSVG, vectorMap, vectorMapSVG } from "./viz/index.js";
export type { WeightType } from "./weights.js";
