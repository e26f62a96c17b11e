export type { AttentionOptions, Memory } from "./attention.js";
export { Attention } from "./attention.js";
export type { Cell, CellDefinition, CellSequence, CellSizes, CellStep, WeightTensors } from "./cell.js";
export { defineCell } from "./cell.js";
export type { CellName, CellOptions } from "./cellRegistry.js";
export { registerCell } from "./cellRegistry.js";
export type { CellWeight, LayerInitializers } from "./cellWeight.js";
export * as cellWeights from "./cellWeight.js";
export type { ConvolutionOptions } from "./convolution.js";
export { Convolution } from "./convolution.js";
export type { DropoutOptions } from "./dropout.js";
export { Dropout } from "./dropout.js";
export type { EmbeddingOptions } from "./embedding.js";
export { Embedding } from "./embedding.js";
export type { FeedForwardOptions } from "./feedForward.js";
export { FeedForward } from "./feedForward.js";
export type { GRUOptions } from "./gru.js";
export { GRU } from "./gru.js";
export type { HighwayOptions } from "./highway.js";
export { Highway } from "./highway.js";
export type { WeightStore } from "./initialize.js";
export { initialize } from "./initialize.js";
export type { Initializer } from "./initializers.js";
export * as initializers from "./initializers.js";
export type { Layer } from "./layer.js";
export type { LayerNormOptions } from "./layerNorm.js";
export { LayerNorm } from "./layerNorm.js";
export type { LinearOptions } from "./linear.js";
export { Linear } from "./linear.js";
export type { LSTMOptions } from "./lstm.js";
export { LSTM } from "./lstm.js";
export type {
  AttentionCache,
  AttentionLook,
  AttentionReading,
  MultiHeadAttentionOptions,
} from "./multiHeadAttention.js";
export { MultiHeadAttention } from "./multiHeadAttention.js";
export type { ParameterOptions } from "./parameter.js";
export { Parameter } from "./parameter.js";
export type { PositionsOptions } from "./positions.js";
export { Positions } from "./positions.js";
export type { GateValue, RecurrentOptions, RecurrentStackOptions } from "./recurrent.js";
export { RecurrentStack } from "./recurrent.js";
export type { RNNOptions } from "./rnn.js";
export { RNN } from "./rnn.js";
export type { State, StateEntry, StepEntry } from "./stateEntry.js";
export type { TransformerStepReading } from "./transformer.js";
export { Transformer } from "./transformer.js";
export type { TransformerOptions, TransformerReading } from "./transformerBlock.js";
