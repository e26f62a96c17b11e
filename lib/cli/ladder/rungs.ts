import { CharacterAwareLanguageModel } from "../../models/characterAwareLanguageModel/characterAwareLanguageModel.js";
import { FeedForwardLanguageModel } from "../../models/feedForwardLanguageModel/feedForwardLanguageModel.js";
import type { LanguageModelOptions } from "../../models/languageModel/languageModel.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { TransformerLanguageModel } from "../../models/transformerLanguageModel/transformerLanguageModel.js";
import { counts } from "./counts.js";
import { mixed } from "./mixed.js";
import { network } from "./network.js";
import type { LadderText, Rung } from "./rung.js";

/** Options that all recurrent rungs have. */
function recurrent(own: Partial<LanguageModelOptions>) {
  return ({ tokenizer, executor, settings: { hiddenSize, dropout, seed } }: LadderText) =>
    LanguageModel.create({ tokenizer, executor, seed, hiddenSize, dropout, layers: 1, ...own } as LanguageModelOptions);
}

/** The models of the lectures, from the simplest up: each a line of the table. */
export const rungs: readonly Rung[] = [
  counts({
    name: "bigram",
    title: "2-gram, additive",
    brings: "counts of pairs, and 0.01 for every pair that never came",
    options: { order: 2, smoothing: "additive", added: 0.01 },
  }),
  counts({
    name: "kneser-ney",
    title: "5-gram, Kneser-Ney",
    brings: "longer contexts where the text has them, shorter ones where it has not",
    unless: "the text is too short for contexts to come twice",
    options: { order: 5 },
  }),
  network({
    name: "nplm",
    title: "feed-forward, 5-gram",
    brings: "vectors of tokens, so that what is alike is predicted alike (Bengio et al. 2003)",
    unless: "it sees four tokens, which counts see too, and has read the text a few times only",
    create: ({ tokenizer, executor, settings: { hiddenSize, dropout, seed } }) =>
      FeedForwardLanguageModel.create({
        tokenizer,
        executor,
        seed,
        hiddenSize,
        embeddingSize: hiddenSize,
        dropout,
        order: 5,
      }),
    learningRate: 0.004,
  }),
  network({
    name: "rnn",
    title: "RNN",
    brings: "a state that every token before has left its mark on, instead of a window of n - 1",
    unless: "what it keeps fades within some ten steps, and on a text of this size counts know as much",
    create: recurrent({ cell: "rnn" }),
    learningRate: 0.002,
  }),
  network({
    name: "mingru",
    title: "minGRU, 3 layers",
    brings:
      "gates that read the token alone, so that all steps are one product; the layers above read what came before",
    unless: "a gate that does not see the state cannot choose by what came before",
    // One layer has a third of a GRU's weights, and hardly sees in which order tokens came.
    create: recurrent({ cell: "mingru", layers: 3, connections: "residual" }),
  }),
  network({
    name: "gru",
    title: "GRU",
    brings: "gates that let the state pass unchanged: gradients reach back further",
    unless: "on a text of this size there is little to remember over long distances",
    create: recurrent({ cell: "gru" }),
    learningRate: 0.004,
  }),
  network({
    name: "lstm",
    title: "LSTM",
    brings: "a cell that is added to, not multiplied",
    unless: "on little text counts know as much, and GRU and LSTM are alike on most texts (Chung et al. 2014)",
    create: recurrent({ cell: "lstm" }),
  }),
  network({
    name: "lstm-2",
    title: "LSTM, 2 layers",
    brings: "a second layer above the first, and one table of tokens for what is read and what is predicted",
    unless: "more weights need more text, or more epochs",
    // The second layer adds to what it reads: without that, Adam spends an epoch on the frequencies of the tokens alone.
    create: recurrent({ cell: "lstm", layers: 2, tied: true, connections: "residual" }),
  }),
  network({
    name: "characters",
    title: "LSTM over spelling",
    brings: "words read by their characters, so that rare ones are no strangers (Kim et al. 2016)",
    unless: "words that come often gain nothing from their spelling",
    fits: ({ tokenizer }) => tokenizer.kind === "word",
    create: ({ tokenizer, executor, settings: { hiddenSize, dropout, seed } }) =>
      // Smaller first values would leave Adam for epochs with no more than how frequent words are.
      CharacterAwareLanguageModel.create({
        ...{ tokenizer, executor, seed, hiddenSize, dropout },
        layers: 1,
        initializer: "he",
      }),
    learningRate: 0.004,
  }),
  network({
    name: "transformer",
    title: "Transformer, 2 layers",
    brings: "attention in place of a state: every token of the window is one step away (Vaswani et al. 2017)",
    unless:
      "it sees no further than its window (--window-length), and on little text needs more epochs than a recurrent network",
    create: ({ tokenizer, executor, settings: { hiddenSize, dropout, windowLength, seed } }) => {
      const heads = [4, 2, 1].find((count) => hiddenSize % (2 * count) === 0);
      // Rotary positions turn pairs of features: an odd size has learned ones.
      const shared = { heads: heads ?? 1, positions: heads ? ("rotary" as const) : ("learned" as const) };
      const sizes = { hiddenSize, layers: 2, contextLength: windowLength, dropout };
      return TransformerLanguageModel.create({ tokenizer, executor, seed, ...sizes, ...shared });
    },
    learningRate: 0.001,
  }),
  mixed({
    name: "both",
    title: "LSTM and 5-gram",
    brings: "the network's sense of what is alike, and the counts' memory of what was written (Mikolov et al. 2010)",
    unless: "the weights were fitted on the validation's text, which the test may differ from",
    needs: ["lstm-2", "kneser-ney"],
  }),
];
