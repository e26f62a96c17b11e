/**
 * The standard work. Letters: V vocabulary, E embedding, H hidden, B batch, T time steps of a window.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {"language model" | "classifier" | "translation" | "writing" | "layer"} kind
 * @property {string} title what a reader of the table sees
 * @property {string} source where the sizes come from
 * @property {number} V
 * @property {number} E
 * @property {number} H
 * @property {number} layers
 * @property {number} B
 * @property {number} T
 */

/**
 * Language models, classifiers and translations are trained: a step is forward, softmax, back-propagation through time (truncated, with the
 * state carried, in language models), clip by norm 5, SGD; in translations Adam, and nothing is clipped. "writing" draws T tokens one after the other from such a language
 * model; "layer" is a forward pass through one LSTM. Language models are stacked LSTMs.
 */
export const training = { learningRate: 0.1, clipNorm: 5 };
export const translationTraining = { learningRate: 1e-3, clipNorm: 0 };

/** @type {Readonly<Record<string, Workload>>} */
export const workloads = {
  W1: {
    name: "W1",
    kind: "language model",
    title: "characters: V 65, 2 x LSTM 512, batch 64, window 64",
    source: "the larger models of Karpathy's char-rnn (2015) on tiny-shakespeare",
    V: 65,
    E: 512,
    H: 512,
    layers: 2,
    B: 64,
    T: 64,
  },
  W2: {
    name: "W2",
    kind: "language model",
    title: "words: V 10,000, 2 x LSTM 650, batch 20, window 35",
    source: "Zaremba et al. (2014), medium, on Penn Treebank, without its dropout",
    V: 10_000,
    E: 650,
    H: 650,
    layers: 2,
    B: 20,
    T: 35,
  },
  W3: {
    name: "W3",
    kind: "language model",
    title: "words: V 10,000, 2 x LSTM 1500, batch 20, window 35",
    source: "Zaremba et al. (2014), large, on Penn Treebank, without its dropout",
    V: 10_000,
    E: 1500,
    H: 1500,
    layers: 2,
    B: 20,
    T: 35,
  },
  W4: {
    name: "W4",
    kind: "classifier",
    title: "classifier: V 20,000, embedding 128, GRU 128 in both directions, batch 32, 100 words, largest over time",
    source: "a usual sentence classifier",
    V: 20_000,
    E: 128,
    H: 128,
    classes: 2,
    layers: 1,
    B: 32,
    T: 100,
  },
  W5: {
    name: "W5",
    kind: "translation",
    title:
      "translation: V 8,000, embedding 256, 2 x LSTM 256 both ways to LSTM 512, attention (general, after the step), batch 64, 25 words to 25",
    source: "Luong et al. (2015) at the size of a course",
    V: 8000,
    E: 256,
    H: 512,
    layers: 2,
    attention: { scorer: "general", attend: "after" },
    B: 64,
    T: 25,
  },
  W5b: {
    name: "W5b",
    kind: "translation",
    title: "the same with additive attention before the step",
    source: "Bahdanau et al. (2015) at the size of a course",
    V: 8000,
    E: 256,
    H: 512,
    layers: 2,
    attention: { scorer: "additive", attend: "before" },
    B: 64,
    T: 25,
  },
  W7: {
    name: "W7",
    kind: "search",
    title: "beam search with W5's model, 5 beams, 64 sentences of 25 words to 25 words, all at once",
    source: "translating a file",
    V: 8000,
    E: 256,
    H: 512,
    layers: 2,
    attention: { scorer: "general", attend: "after" },
    beams: 5,
    B: 64,
    T: 25,
  },
  W7b: {
    name: "W7b",
    kind: "search",
    title: "the same, one sentence",
    source: "what somebody who waits for a translation sees",
    V: 8000,
    E: 256,
    H: 512,
    layers: 2,
    attention: { scorer: "general", attend: "after" },
    beams: 5,
    B: 1,
    T: 25,
  },
  W6: {
    name: "W6",
    kind: "writing",
    title: "one text with W1's model, 100 characters a call",
    source: "what a visitor waits for",
    V: 65,
    E: 512,
    H: 512,
    layers: 2,
    B: 1,
    T: 100,
  },
  W6b: {
    name: "W6b",
    kind: "writing",
    title: "one text with W2's model, 100 words a call",
    source: "what a visitor waits for",
    V: 10_000,
    E: 650,
    H: 650,
    layers: 2,
    B: 1,
    T: 100,
  },
  LSTM1: {
    name: "LSTM1",
    kind: "layer",
    title: "one LSTM 512 over 64 x 64",
    source: "a layer of W1",
    E: 512,
    H: 512,
    layers: 1,
    B: 64,
    T: 64,
  },
  LSTM2: {
    name: "LSTM2",
    kind: "layer",
    title: "one LSTM 650 over 20 x 35",
    source: "a layer of W2",
    E: 650,
    H: 650,
    layers: 1,
    B: 20,
    T: 35,
  },
  tiny: {
    name: "tiny",
    kind: "language model",
    title: "V 27, 2 x LSTM 32, batch 4, window 8",
    source: "no paper: proves in seconds that the harness works",
    V: 27,
    E: 16,
    H: 32,
    layers: 2,
    B: 4,
    T: 8,
  },
};

/** Weights that take part in matrix products: the cells and the output layer. The embedding is a look-up. */
export function matmulParameters({ kind, V, E, H, layers, attention }) {
  // Its output layer sees one vector a sentence.
  if (kind === "classifier") return 2 * 3 * H * (E + H);
  if (kind === "translation" || kind === "search") return translationParameters({ V, E, H, attention });
  let weights = kind === "layer" ? 0 : H * V;
  for (let layer = 0; layer < layers; layer++) weights += 4 * H * ((layer === 0 ? E : H) + H);
  return weights;
}

/** For one word of the source and one of the target: two layers of encoder in both directions of H / 2, decoder, output. */
function translationParameters({ V, E, H, attention }) {
  const encoder = 2 * 4 * (H / 2) * (E + H / 2) + 2 * 4 * (H / 2) * (H + H / 2);
  const before = attention.attend === "before";
  const decoder = 4 * H * (E + (before ? H : 0) + H);
  // The query's projection, and additive scores' of the memory; what the output layer reads, made of state and context.
  const scores = attention.scorer === "additive" ? 2 * H * H : H * H;
  return encoder + decoder + scores + H * 2 * H + H * V;
}

export function isTraining({ kind }) {
  return kind === "language model" || kind === "classifier" || kind === "translation";
}

/**
 * Effective floating-point operations for one token: 2 for each weight forward, in training 4 more backward. The same count
 * for every opponent, whatever it really does.
 */
export function flopsPerToken(workload) {
  return (isTraining(workload) ? 6 : 2) * matmulParameters(workload);
}

/** Tokens drawn once, the same for all opponents that read tokens: inputs and targets of one window, [T,B]. */
export function tokensOf({ V, B }, T) {
  // Park & Miller's generator: enough for tokens that nobody learns from.
  let state = 1;
  const draw = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % V;
  };
  const window = () => Int32Array.from({ length: T * B }, draw);
  return { inputs: window(), targets: window() };
}
