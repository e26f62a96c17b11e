/**
 * The standard work. Letters: V vocabulary, E embedding, H hidden, B batch, T time steps of a window.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {"classifier"} [kind] a language model unless it says otherwise
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
 * Every workload is one training step: forward, softmax, back-propagation through time (truncated, with the state carried,
 * in language models), clip by norm 5, SGD. Language models are stacked LSTMs.
 */
export const training = { learningRate: 0.1, clipNorm: 5 };

/** @type {Readonly<Record<string, Workload>>} */
export const workloads = {
  W1: {
    name: "W1",
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
  tiny: {
    name: "tiny",
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
export function matmulParameters({ kind, V, E, H, layers }) {
  // Its output layer sees one vector a sentence.
  if (kind === "classifier") return 2 * 3 * H * (E + H);
  let weights = H * V;
  for (let layer = 0; layer < layers; layer++) weights += 4 * H * ((layer === 0 ? E : H) + H);
  return weights;
}

/**
 * Effective floating-point operations of training on one token: 2 for each weight forward, 4 backward. The same count for
 * every opponent, whatever it really does.
 */
export function flopsPerToken(workload) {
  return 6 * matmulParameters(workload);
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
