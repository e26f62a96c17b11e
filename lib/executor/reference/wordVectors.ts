import { InputError } from "../../errors.js";
import type { wordVectorLossOperation, wordVectorStepOperation } from "../../graph/ops/wordVectors.js";
import { philox, uniform01 } from "../../random/philox.js";
import { expectIds, expectTargets } from "./embedding.js";
import type { Call, Floats } from "./kernel.js";

const key = 0x3c0de5;

type Loss = Call<typeof wordVectorLossOperation>;

/** A word of the text with those around it, and the rows of the output table that it is told apart by. */
interface Window {
  /** Where its word stands among the tokens. */
  readonly at: number;
  readonly contexts: readonly number[];
  /** Rows of the output table, and 1 or -1: whether the answer is yes or no. */
  readonly outputs: readonly { row: number; sign: number }[];
}

/** The gradient of a row of a table. */
interface RowGradient {
  readonly table: Floats;
  readonly row: number;
  readonly values: Floats;
}

export function wordVectorLoss(call: Loss): void {
  const windows = windowsOf("wordVectorLoss", call);
  call.losses.fill(0);
  call.count[0] = 0;
  for (const window of windows) learn(call, window);
}

export function wordVectorStep(call: Call<typeof wordVectorStepOperation>): void {
  const windows = windowsOf("wordVectorStep", call);
  const E = call.shapes.input[1] as number;
  const rate = call.learningRate[0] as number;
  call.losses.fill(0);
  call.count[0] = 0;
  for (let begin = 0; begin < windows.length; begin += call.block) {
    const gradients = windows.slice(begin, begin + call.block).flatMap((window) => learn(call, window));
    for (const { table, row, values } of gradients) {
      for (let e = 0; e < E; e++) table[row * E + e] = (table[row * E + e] as number) - rate * (values[e] as number);
    }
  }
}

/** The loss of a window, added to the results, and the gradients of the rows that it reads, one after the other. */
function learn(call: Loss, { at, contexts, outputs }: Window): RowGradient[] {
  const { input, output, mean, zeros, shapes } = call;
  const E = shapes.input[1] as number;
  if (contexts.length === 0) return [];
  const gradients: RowGradient[] = [];
  const slopes = outputs.map(({ row }) => ({ table: output, row, values: zeros(E) }));
  const predictors = mean === 0 ? contexts.map((word) => [word]) : [contexts];
  for (const words of predictors) {
    const x = zeros(E);
    for (const word of words) for (let e = 0; e < E; e++) x[e] = at0(x, e) + at0(input, word * E + e) / words.length;
    const dx = zeros(E);
    for (const [i, { row, sign }] of outputs.entries()) {
      let score = 0;
      for (let e = 0; e < E; e++) score += at0(x, e) * at0(output, row * E + e);
      const probability = 1 / (1 + Math.exp(-sign * score));
      call.losses[at] = at0(call.losses, at) - Math.log(probability);
      const slope = sign * (probability - 1);
      const dy = (slopes[i] as RowGradient).values;
      for (let e = 0; e < E; e++) {
        dx[e] = at0(dx, e) + (slope * at0(output, row * E + e)) / words.length;
        dy[e] = at0(dy, e) + slope * at0(x, e);
      }
    }
    for (const word of words) gradients.push({ table: input, row: word, values: dx });
    call.count[0] = at0(call.count, 0) + 1;
  }
  return [...gradients, ...slopes];
}

function at0(values: Floats, index: number): number {
  return values[index] as number;
}

/** The windows of the words that are read. */
function windowsOf(operation: string, call: Loss): Window[] {
  const { tokens, keep, window, dynamic, shapes } = call;
  const [V] = shapes.input as [number, number];
  expectTargets(operation, tokens, V, ["token", "words"]);
  if (call.alias) expectIds(operation, call.alias, { minimum: 0, V });
  // The words that are read, each with the number of its sentence.
  const kept: { at: number; word: number; sentence: number }[] = [];
  let sentence = 0;
  for (const [at, word] of tokens.entries()) {
    if (word < 0) sentence++;
    else if (uniform01(drawn(call, at, 0)[0] as number) < at0(keep, word)) kept.push({ at, word, sentence });
  }
  return kept.map(({ at, word, sentence: own }, i) => {
    const reach = dynamic === 0 ? window : 1 + Math.floor(((drawn(call, at, 0)[1] as number) * window) / 2 ** 32);
    const contexts: number[] = [];
    for (let j = Math.max(0, i - reach); j <= Math.min(kept.length - 1, i + reach); j++) {
      const other = kept[j] as (typeof kept)[number];
      if (j !== i && other.sentence === own) contexts.push(other.word);
    }
    return { at, contexts, outputs: call.paths ? pathOf(operation, call, word) : noiseOf(call, { at, word }) };
  });
}

/** Four random words of a place in the text. */
function drawn({ random }: Loss, at: number, block: number): Uint32Array {
  const [seed, step] = random as unknown as [number, number];
  const words = new Uint32Array(4);
  philox([at, block, step, 0], [seed, key], words);
  return words;
}

/** The word, and those drawn from the noise that are not the word. Walker's alias method (1977). */
function noiseOf(call: Loss, { at, word }: { at: number; word: number }): { row: number; sign: number }[] {
  const { negatives } = call;
  const [noise, alias] = [call.noise as Floats, call.alias as Int32Array];
  const outputs = [{ row: word, sign: 1 }];
  for (let k = 0; k < negatives; k++) {
    // The first block begins with the words that say whether the word is read, and how wide its window is.
    const bits = drawn(call, at, (k + 2) >> 2)[(k + 2) & 3] as number;
    const place = (bits * noise.length) / 2 ** 32;
    const row = Math.floor(place);
    const other = place - row < at0(noise, row) ? row : (alias[row] as number);
    if (other !== word) outputs.push({ row: other, sign: -1 });
  }
  return outputs;
}

/** The nodes from the root to a word; a bit 0 is a yes, as in word2vec. */
function pathOf(operation: string, call: Loss, word: number): { row: number; sign: number }[] {
  const [paths, starts] = [call.paths as Int32Array, call.starts as Int32Array];
  const [begin, end] = [starts[word] as number, starts[word + 1] as number];
  if (!(begin >= 0 && end >= begin && end <= paths.length && end - begin <= call.longest)) {
    throw new InputError(
      `${operation}: the path of word ${word} goes from ${begin} to ${end}, of ${paths.length} nodes and at most ${call.longest} a word.`,
    );
  }
  const N = call.shapes.output[0] as number;
  return Array.from(paths.subarray(begin, end), (node) => {
    const row = node >> 1;
    if (row >= 0 && row < N) return { row, sign: node & 1 ? -1 : 1 };
    throw new InputError(`${operation}: node ${row} of word ${word} is outside the tree of ${N} nodes.`);
  });
}
