/** Ostinato: train and serve recurrent sequence models. What is exported here is public; everything else may move. */
export type {
  CalendarFeature,
  CaptionTableOptions,
  CharacterOptions,
  Column,
  DateForm,
  FoldOptions,
  FrameArray,
  FrameFeaturesOptions,
  FrameLabel,
  FrameSequence,
  FrameTableOptions,
  FrameTask,
  FrameVocabularyOptions,
  HoldOutOptions,
  ImageCaptions,
  JudgedPair,
  LabelCounts,
  LabelledTableOptions,
  LabelledText,
  Neighbour,
  NeighbourOptions,
  Pair,
  PairBatch,
  PairBatchOptions,
  PairTableOptions,
  ParallelTextOptions,
  ReadingTokenizers,
  Series,
  SeriesOptions,
  SeriesTimes,
  SpecialTokenNames,
  SpecialTokens,
  SpellingIndex,
  SplitShares,
  SubwordOptions,
  SubwordProgress,
  TableOptions,
  TaggedSentence,
  TaggedSentencesOptions,
  TaggerVocabularyOptions,
  TextTableOptions,
  TimeStep,
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
  WordAnalogy,
  WordIndex,
  WordJudgements,
  WordOptions,
  WordVectorOptions,
} from "./data/index.js";
export {
  ByteTokenizer,
  CharacterTokenizer,
  ClassifierVocabulary,
  Corpus,
  CountedWords,
  FrameFeatures,
  FrameVocabulary,
  Labels,
  memoryStream,
  PairBatches,
  readCaptionTable,
  readLabelledTable,
  readPairTable,
  readParallelText,
  readSeries,
  readTaggedSentences,
  readWordJudgements,
  readWordVectors,
  registerTokenizer,
  SubwordTokenizer,
  splitCaptions,
  splitFolds,
  splitPairs,
  splitSentences,
  splitSequences,
  splitTexts,
  TaggerVocabulary,
  TokenizerPair,
  tokenizerFromJSON,
  UnknownTokenError,
  Vocabulary,
  WordTokenizer,
  WordVectors,
} from "./data/index.js";
export type { ErrorCode } from "./errors.js";
export { errorCodes, FileError, InputError, OptionError, OstinatoError, ShapeError } from "./errors.js";
export type { AddonInfo } from "./executor/addon.js";
export type { ExecutorChoice } from "./executor/choice.js";
export { defaultExecutor } from "./executor/choice.js";
export type { Communicator } from "./executor/communicator.js";
export type {
  CompileOptions,
  Executable,
  Executor,
  Feeds,
  OpTime,
  Replay,
  ReplayResult,
  RunResult,
  Store,
  Values,
} from "./executor/executor.js";
export { mpi } from "./executor/mpi.js";
export type { MatmulPrecision, NativeExecutor, NativeExecutorOptions } from "./executor/native.js";
export { nativeExecutor, nativeInfo, setThreads } from "./executor/native.js";
export { threadGroup } from "./executor/nativeCommunicator.js";
export type { ProfileRow, TraceEvent } from "./executor/profile.js";
export { Profile } from "./executor/profile.js";
export { ReferenceExecutor } from "./executor/reference/executor.js";
export type { SearchPorts } from "./executor/search.js";
export type {
  FolderKind,
  FrameSetOptions,
  NamedTensor,
  NumberArray,
  ParameterShape,
  Picture,
  ReadImageOptions,
  RecordedValue,
  SizedVocabulary,
  TensorValues,
  TrainingRecord,
  Vocabularies,
  VocabularyFile,
  VocabularySlot,
  WordVectorFileOptions,
} from "./formats/index.js";
export {
  bundledVocabularies,
  FrameSet,
  loadTrainerHistory,
  noVocabulary,
  oneVocabulary,
  readFrames,
  readImage,
  readNpy,
  readTensors,
  readTrainingRecord,
  resizePicture,
  writeNpy,
  writeWordVectors,
} from "./formats/index.js";
export * from "./graph/index.js";
export * from "./metrics/index.js";
export type { Decoder, Encoded } from "./models/decoderStep.js";
export type { LoadWeightsOptions } from "./models/foreignNames.js";
export type { LoadedWeights } from "./models/foreignWeights.js";
export { loadWeights } from "./models/foreignWeights.js";
export type { GradientFlow } from "./models/gradientFlow.js";
export type { HeadAttention } from "./models/headAttention.js";
export * from "./models/kinds.js";
export { registerKind } from "./models/kindTable.js";
export type { DataKinds, ModelKind, ModelNetwork, ModelParts } from "./models/modelKind.js";
export * from "./models/pairModel/index.js";
export type { Probe, ProbeOptions } from "./models/probe.js";
export { loadModel } from "./models/registry.js";
export type { CreateOptions, LoadOptions, OnnxFile } from "./models/savedModel.js";
export { createModel, loadModelOf, SavedModel } from "./models/savedModel.js";
export type { GradientFlowOptions } from "./models/stackGradientFlow.js";
export { gradientFlow } from "./models/stackGradientFlow.js";
export * from "./models/textModel/index.js";
export type { WrittenHypothesis } from "./models/writing.js";
export * from "./nn/index.js";
export type { OnnxPort, OnnxType } from "./onnx/index.js";
export * as rules from "./options/ownRules.js";
export type { Completed, Defaulted, OptionsOf, OptionTable, Rule, ValueOf } from "./options.js";
export type { RandomSource } from "./random/source.js";
export * from "./search/index.js";
export type { RowShare, TrainingData } from "./train/data.js";
export type { Divergence } from "./train/divergence.js";
export { DivergenceError } from "./train/divergence.js";
export type {
  AveragingEvent,
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
  AdamWOptions,
  ASGDOptions,
  Averaging,
  Optimizer,
  OptimizerName,
  RMSpropOptions,
  SGDOptions,
  Update,
} from "./train/optimizers.js";
export { adagrad, adam, adamw, asgd, rmsprop, sgd } from "./train/optimizers.js";
export type { Reduction } from "./train/reduction.js";
export type {
  CosineOptions,
  LinearDecayOptions,
  Moment,
  NoamOptions,
  PlateauOptions,
  Schedule,
  ScheduleName,
  StepDecayOptions,
} from "./train/schedules.js";
export { constant, cosine, linearDecay, noam, plateau, stepDecay, warmup } from "./train/schedules.js";
export type { StepOptions } from "./train/step.js";
export type { TeacherForcing } from "./train/teacherForcing.js";
export { teacherForcing } from "./train/teacherForcing.js";
export type { Batch, RecordedLoss, SavableModel, Trainable } from "./train/trainable.js";
export { Trainer } from "./train/trainer.js";
export type { Samples, TrainerOptions } from "./train/trainerOptions.js";
export type {
  ActivationLayer,
  AttentionHeads,
  AttentionMap,
  BeamTree,
  BeamTreeLimits,
  CaptionPicture,
  CaptionPictureOptions,
  CurveAxis,
  CurveMeasure,
  CurvesOptions,
  ForecastChart,
  FramePicture,
  GateShare,
  GradientCurve,
  LadderOptions,
  LadderRung,
  LookupTable,
  ReportHistory,
  Run,
  TextSearch,
  VectorMap,
  VectorMapInput,
} from "./viz/index.js";
export {
  attentionSVG,
  beamTreeSVG,
  captionSVG,
  curvesSVG,
  forecastSVG,
  frameSVG,
  gateShares,
  gatesSVG,
  gradientFlowSVG,
  headsSVG,
  ladderSVG,
  lookupTableSVG,
  vectorMap,
  vectorMapSVG,
} from "./viz/index.js";
export type { WeightType } from "./weights.js";
