export { ByteTokenizer } from "./byteTokenizer.js";
export type { CaptionReading, CaptionTableOptions, ImageCaptions } from "./captions.js";
export { captionTableRules, readCaptionTable, readTableOfCaptions } from "./captions.js";
export { countCharacters, printable, reversedText } from "./characters.js";
export type { CharacterOptions } from "./characterTokenizer.js";
export { CharacterTokenizer, characterUnits } from "./characterTokenizer.js";
export { ClassifierVocabulary, classifierVocabularyRule } from "./classifierVocabulary.js";
export type { ConllSentence } from "./conll.js";
export { ConllFile, conllFormats } from "./conll.js";
export type { PlacedLength } from "./contextLimit.js";
export { beyondContext, expectWindows, tokensOf } from "./contextLimit.js";
export type { TextTableOptions, TokenizeOptions } from "./corpus.js";
export { Corpus, TokenizedCorpus } from "./corpus.js";
export { CountedWords, countedWordsRule } from "./countedWords.js";
export type { CalendarFeature, DateForm, TimeStep } from "./dates.js";
export { calendarFeature, calendarFeatures, sharedDay, stepsBetween, timeAfter, writeDate } from "./dates.js";
export type { FrameFeaturesOptions } from "./frameFeatures.js";
export {
  expectFeatures,
  FrameFeatures,
  frameFeaturesRule,
  frameFeaturesRules,
  frameFeaturesShape,
  scaledFrames,
} from "./frameFeatures.js";
export type { FrameArray, FrameLabel, FrameSequence, SequenceAt } from "./frames.js";
export { expectSequences, framePlace, frameSizes, sequencePlace, sequenceTitle } from "./frames.js";
export type { FrameTableOptions } from "./frameTable.js";
export { frameTableRules, labelOfCell, readFrameTable } from "./frameTable.js";
export type { FrameTask, FrameVocabularyOptions, LabelCounts } from "./frameVocabulary.js";
export {
  expectBinary,
  FrameVocabulary,
  frameTasks,
  frameVocabularyRule,
  frameVocabularyRules,
  inOrder,
} from "./frameVocabulary.js";
export type { FoldOptions, HoldOutOptions } from "./holdOut.js";
export {
  foldRules,
  splitCaptions,
  splitFolds,
  splitPairs,
  splitSentences,
  splitSequences,
  splitTexts,
} from "./holdOut.js";
export type { LabelledReading, LabelledTableOptions, LabelledText } from "./labelledTexts.js";
export { labelledTableRules, readLabelledTable, readTableOfLabels } from "./labelledTexts.js";
export { Labels } from "./labels.js";
export { readColumnNames } from "./numberTable.js";
export { shapeBatches } from "./order.js";
export type { PairBatch, PairBatchOptions, TokenPair } from "./pairBatches.js";
export { PairBatches } from "./pairBatches.js";
export type { Pair, PairReading, PairTableOptions, ParallelTextOptions } from "./pairs.js";
export {
  expectPairs,
  pairTableRules,
  placeOf,
  readPairTable,
  readParallelText,
  readParallelTexts,
  readTableOfPairs,
} from "./pairs.js";
export type { WordVectorOptions } from "./readWordVectors.js";
export { readWordVectors } from "./readWordVectors.js";
export type { SentenceBatch, SentenceBatchOptions } from "./sentenceBatches.js";
export { SentenceBatches } from "./sentenceBatches.js";
export type { SentenceMarks } from "./sentenceMarks.js";
export { sentenceMarks, sentenceTokenizer } from "./sentenceMarks.js";
export { longRules } from "./sentenceSpans.js";
export type { Series, SeriesTimes } from "./series.js";
export { expectSeries, seriesName, seriesPlace } from "./series.js";
export type { SeriesOptions } from "./seriesTable.js";
export { readSeries, seriesRules } from "./seriesTable.js";
export type { StreamBatch, StreamBatchOptions } from "./streamBatches.js";
export { StreamBatches } from "./streamBatches.js";
export { streamDigest } from "./streamDigest.js";
export type { SpecialTokenNames } from "./subwords/specialTokens.js";
export { SubwordTokenizer } from "./subwordTokenizer.js";
export type { SubwordOptions, SubwordProgress } from "./subwordVocabulary.js";
export type { Column, TableOptions } from "./table.js";
export { columnRule, Table } from "./table.js";
export type { TaggedSentence, TaggedSentencesOptions } from "./taggedSentences.js";
export {
  conllRules,
  expectTagged,
  expectTokens,
  readTaggedSentences,
  tagColumn,
  tokenPlace,
} from "./taggedSentences.js";
export type {
  ReadingDirection,
  ReadingTokenizers,
  SpellingIndex,
  TaggerVocabularyOptions,
  WordIndex,
} from "./taggerVocabulary.js";
export {
  readingDirections,
  TaggerVocabulary,
  taggerVocabularyRule,
  taggerVocabularyRules,
} from "./taggerVocabulary.js";
export { decodeText } from "./textDecoder.js";
export { readLines, readTextFile, textFileSize } from "./textFile.js";
export type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer, TokenizerKind } from "./tokenizer.js";
export { tokenizerKinds, tokenizerRule } from "./tokenizer.js";
export { tokenizerFromJSON } from "./tokenizerFromJSON.js";
export type { TokenizerPairOptions } from "./tokenizerPair.js";
export { TokenizerPair, tokenizerPairRule } from "./tokenizerPair.js";
export type { TokenizerMaker } from "./tokenizerRegistry.js";
export { registerTokenizer } from "./tokenizerRegistry.js";
export type { SplitShares, TokenStream } from "./tokenStream.js";
export { memoryStream, sliceStream, tokenStream } from "./tokenStream.js";
export { UnknownTokenError } from "./unknownToken.js";
export { Vocabulary } from "./vocabulary.js";
export type { JudgedPair, WordAnalogy, WordJudgements } from "./wordPairs.js";
export { readWordJudgements } from "./wordPairs.js";
export type { WordOptions } from "./wordTokenizer.js";
export { WordTokenizer } from "./wordTokenizer.js";
export type { Neighbour, NeighbourOptions } from "./wordVectors.js";
export { neighbourRules, WordVectors, wordVectorsRule } from "./wordVectors.js";
