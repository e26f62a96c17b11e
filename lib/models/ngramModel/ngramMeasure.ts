import type { SentenceMarks, Tokenizer, TokenStream } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import type { Executable, Executor, Store } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Completed } from "../../options.js";
import type { adaptationRules } from "../textModel/adaptation.js";
import { CountCache } from "../textModel/countCache.js";
import type { Evaluation, evaluateRules, TextProbability } from "../textModel/textMeasure.js";
import type { NgramNetwork } from "./network.js";

/** How well an n-gram model predicts a text. */
export interface NgramEvaluation extends Evaluation {
  /** The same without the tokens that the vocabulary lacks. */
  known: { tokens: number; loss: number; perplexity: number };
  /** Tokens that were predicted from an n-gram of each order, from 1 on; from shorter ones the back-off has fallen. */
  orders: number[];
}

/** The log-probability of a text, word by word. */
export interface NgramProbability extends TextProbability {
  /** Each token that is predicted. */
  tokens: {
    token: string;
    /** Log-probability in nats. */
    logProbability: number;
    /** Words of the longest n-gram that the model has for it, the token included. */
    order: number;
    /** Whether the vocabulary lacks it, so that the model read <unk>. */
    unknown: boolean;
  }[];
}

/** Tokens that are read in one call of the executor. */
const atOnce = 2 ** 13;

/** The loss of one token of a text, and the order of the n-gram that it comes from. */
interface Scored {
  id: number;
  loss: number;
  order: number;
}

/** Measures texts by the n-grams of the table alone: the rest of the vocabulary costs nothing. */
export class NgramMeasure {
  readonly #tokenizer: Tokenizer;
  readonly #marks: SentenceMarks | null;
  readonly #programs: Programs;
  readonly #network: NgramNetwork;

  constructor(
    model: { network: NgramNetwork; executor: Executor; store: Store },
    { tokenizer, marks }: { tokenizer: Tokenizer; marks: SentenceMarks | null },
  ) {
    this.#tokenizer = tokenizer;
    this.#marks = marks;
    this.#network = model.network;
    this.#programs = new Programs(model);
  }

  /**
   * @throws InputError if no token is predicted, or one that is impossible.
   * @throws OptionError for a measurement that only a network can make.
   */
  async evaluate(
    stream: TokenStream,
    { signal, onProgress, ...options }: Completed<typeof evaluateRules>,
  ): Promise<NgramEvaluation> {
    const cache = cacheOf(options);
    const { unknown } = this.#tokenizer.special;
    const orders = new Array<number>(this.#network.order).fill(0);
    const all = { tokens: 0, loss: 0 };
    const known = { tokens: 0, loss: 0 };
    for await (const scored of this.#scores(stream, signal)) {
      for (const { id, loss: own, order } of scored) {
        const loss = cache ? cache.read(id, own) : own;
        all.tokens++;
        all.loss += loss;
        orders[order - 1] = (orders[order - 1] as number) + 1;
        if (id === unknown) continue;
        known.tokens++;
        known.loss += loss;
      }
      onProgress?.(Math.min(1, all.tokens / stream.length));
    }
    onProgress?.(1);
    this.#expectTokens("evaluate", all.tokens);
    const missing = all.tokens - known.tokens;
    const spelled = stream.characters > 0 && missing === 0;
    return {
      tokens: all.tokens,
      ...meanOf(all),
      ...(spelled ? { bitsPerCharacter: all.loss / Math.LN2 / stream.characters } : {}),
      unknown: missing,
      known: { tokens: known.tokens, ...meanOf(known) },
      orders,
    };
  }

  /** @throws InputError if no token is predicted. */
  async logProbability(stream: TokenStream): Promise<NgramProbability> {
    const { unknown } = this.#tokenizer.special;
    const tokens: NgramProbability["tokens"] = [];
    let total = 0;
    for await (const scored of this.#scores(stream, undefined)) {
      for (const { id, loss, order } of scored) {
        total -= loss;
        tokens.push({ token: this.#tokenizer.token(id), logProbability: -loss, order, unknown: id === unknown });
      }
    }
    this.#expectTokens("logProbability", tokens.length);
    return { total, tokens, unknown: tokens.filter((token) => token.unknown).length };
  }

  #expectTokens(who: string, count: number): void {
    if (count > 0) return;
    const least = this.#marks ? 1 : 2;
    throw new InputError(`${who}: expected at least ${counted(least, "token")}, and the text has fewer.`);
  }

  /** The tokens of a text that are predicted, some thousand at a time. */
  async *#scores(stream: TokenStream, signal: AbortSignal | undefined): AsyncGenerator<Scored[], void, undefined> {
    let context: Int32Array = Int32Array.of(0);
    for await (const { inputs, targets } of this.#pairs(stream)) {
      signal?.throwIfAborted();
      // Few programs serve texts of any length.
      const T = 2 ** Math.ceil(Math.log2(inputs.length));
      const feeds = {
        inputs: padded(inputs, T, 0),
        targets: padded(targets, T, -1),
        lengths: Int32Array.of(inputs.length),
      };
      const { outputs } = await this.#program(T).run({ ...feeds, context });
      context = outputs.last as Int32Array;
      const [losses, orders] = [outputs.losses as Float32Array, outputs.orders as Int32Array];
      const scored: Scored[] = [];
      for (const [i, id] of targets.entries()) {
        scored.push({ id, loss: losses[i] as number, order: orders[i] as number });
      }
      yield scored;
    }
  }

  /**
   * Tokens to read with those that are to follow. The beginning of a sentence is read where one ends: no n-gram goes across it, so the context
   * after it is that of a first one. Empty sentences are left out, and a last one is ended.
   */
  async *#pairs(stream: TokenStream): AsyncGenerator<{ inputs: number[]; targets: number[] }, void, undefined> {
    const { begin = -1, end = -1 } = this.#marks ?? {};
    let before = begin;
    let inputs: number[] = [];
    let targets: number[] = [];
    const push = (input: number, target: number) => {
      inputs.push(input);
      targets.push(target);
    };
    for (let at = 0; at < stream.length; at += atOnce) {
      for (const id of await stream.read(at, Math.min(at + atOnce, stream.length))) {
        // The first token of a running text is read only; the end of an empty sentence is left out.
        if (before >= 0 && !(before === begin && id === end)) push(before, id);
        before = id === end && this.#marks ? begin : id;
      }
      if (at + atOnce >= stream.length && this.#marks && before !== begin) push(before, end);
      if (inputs.length > 0) yield { inputs, targets };
      inputs = [];
      targets = [];
    }
  }

  #program(T: number): Executable {
    return this.#programs.get(`scores ${T}`, (graph) => {
      const { losses, orders, last } = this.#network.scores({
        inputs: graph.feed("inputs", "i32", [T, 1]),
        targets: graph.feed("targets", "i32", [T, 1]),
        lengths: graph.feed("lengths", "i32", [1]),
        state: { context: graph.feed("context", "i32", [1, 1]) },
      });
      graph.output("losses", losses);
      graph.output("orders", orders);
      graph.output("last", last.context as Tensor);
    });
  }
}

/** The cache that a measurement asks for. @throws OptionError for what needs a network. */
function cacheOf(options: Pick<Completed<typeof evaluateRules>, keyof typeof adaptationRules>): CountCache | null {
  const { cacheSize: size, cacheWeight: weight, cacheTheta, dynamicRate } = options;
  const network = Object.entries({ cacheTheta, dynamicRate }).find(([, value]) => value > 0)?.[0];
  if (network !== undefined) {
    throw new OptionError(`evaluate: ${network} needs a network, and this model counts n-grams: leave it out.`, [
      network,
    ]);
  }
  return size > 0 ? new CountCache({ size, weight }) : null;
}

function padded(ids: readonly number[], length: number, filler: number): Int32Array {
  const all = new Int32Array(length).fill(filler);
  all.set(ids);
  return all;
}

function meanOf({ tokens, loss }: { tokens: number; loss: number }): { loss: number; perplexity: number } {
  return { loss: loss / tokens, perplexity: Math.exp(loss / tokens) };
}
