import type { SentenceMarks, Tokenizer, TokenStream } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import type { Executable, Executor, Store } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Completed, OptionsOf } from "../../options.js";
import { callback, table } from "../../options.js";
import type { adaptationRules } from "../textModel/adaptation.js";
import { CountCache } from "../textModel/countCache.js";
import type { Evaluation, TextProbability } from "../textModel/textMeasure.js";
import { evaluateRules } from "../textModel/textMeasure.js";
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

export const ngramEvaluateRules = table("NgramModel.evaluate", {
  ...evaluateRules,
  /** Called with the tokens of a text, word by word, as they are read, some thousand at a time. Default: none. */
  onTokens: callback<(tokens: NgramProbability["tokens"]) => void>(),
});

/** Options of `NgramModel.evaluate`. @interface */
export type NgramEvaluateOptions = OptionsOf<typeof ngramEvaluateRules>;

/** Tokens that are read in one call of the executor. */
const atOnce = 2 ** 13;

/** Tokens of a text that are predicted, `count` of them, each with its loss and the order of the n-gram that it comes from. */
interface Scored {
  count: number;
  ids: Int32Array;
  losses: Float32Array | Float64Array;
  orders: Int32Array;
  /** Ends of empty sentences before them, which nobody predicts. */
  blanks: number;
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
   * @throws InputError if no token is predicted.
   * @throws OptionError for a measurement that only a network can make.
   */
  async evaluate(
    stream: TokenStream,
    { signal, onProgress, onTokens, ...options }: Completed<typeof ngramEvaluateRules>,
  ): Promise<NgramEvaluation> {
    const cache = cacheOf(options, stream.length);
    const { unknown } = this.#tokenizer.special;
    const orders = new Array<number>(this.#network.order).fill(0);
    const all = { tokens: 0, loss: 0, blanks: 0 };
    const known = { tokens: 0, loss: 0 };
    for await (const own of this.#scores(stream, signal)) {
      const scored = cache ? cached(own, cache) : own;
      if (scored.count > 0) onTokens?.(this.#tokens(scored));
      all.tokens += scored.count;
      all.blanks += scored.blanks;
      for (let i = 0; i < scored.count; i++) {
        const loss = scored.losses[i] as number;
        const order = (scored.orders[i] as number) - 1;
        all.loss += loss;
        orders[order] = (orders[order] as number) + 1;
        if (scored.ids[i] === unknown) continue;
        known.tokens++;
        known.loss += loss;
      }
      onProgress?.(Math.min(1, all.tokens / stream.length));
    }
    onProgress?.(1);
    this.#expectTokens("evaluate", all.tokens);
    const missing = all.tokens - known.tokens;
    // The first token of a running text is read only; of sentences, ends of empty ones are left out.
    const share = this.#marks ? 1 : all.tokens / stream.length;
    const characters = Math.round(share * stream.characters) - all.blanks;
    const spelled = characters > 0 && missing === 0;
    return {
      tokens: all.tokens,
      ...meanOf(all),
      ...(spelled ? { bitsPerCharacter: all.loss / Math.LN2 / characters } : {}),
      unknown: missing,
      known: { tokens: known.tokens, ...meanOf(known) },
      orders,
    };
  }

  /** @throws InputError if no token is predicted. */
  async logProbability(stream: TokenStream): Promise<NgramProbability> {
    const tokens: NgramProbability["tokens"] = [];
    let total = 0;
    for await (const scored of this.#scores(stream, undefined)) {
      for (const token of this.#tokens(scored)) {
        total += token.logProbability;
        tokens.push(token);
      }
    }
    this.#expectTokens("logProbability", tokens.length);
    return { total, tokens, unknown: tokens.filter((token) => token.unknown).length };
  }

  #tokens({ count, ids, losses, orders }: Scored): NgramProbability["tokens"] {
    const { unknown } = this.#tokenizer.special;
    return Array.from(ids.subarray(0, count), (id, i) => ({
      token: this.#tokenizer.token(id),
      logProbability: -(losses[i] as number),
      order: orders[i] as number,
      unknown: id === unknown,
    }));
  }

  #expectTokens(who: string, count: number): void {
    if (count > 0) return;
    const least = this.#marks ? 1 : 2;
    throw new InputError(`${who}: expected at least ${counted(least, "token")}, and the text has fewer.`);
  }

  /** The tokens of a text that are predicted, some thousand at a time. */
  async *#scores(stream: TokenStream, signal: AbortSignal | undefined): AsyncGenerator<Scored, void, undefined> {
    let context: Int32Array = Int32Array.of(0);
    for await (const { count, inputs, targets, blanks } of this.#pairs(stream)) {
      signal?.throwIfAborted();
      if (count === 0) {
        yield { count, ids: targets, losses: new Float32Array(), orders: new Int32Array(), blanks };
        continue;
      }
      // Few programs serve texts of any length.
      const T = 2 ** Math.ceil(Math.log2(count));
      const { outputs } = await this.#program(T).run({
        inputs: inputs.subarray(0, T),
        targets: targets.subarray(0, T),
        lengths: Int32Array.of(count),
        context,
      });
      context = outputs.last as Int32Array;
      const [losses, orders] = [outputs.losses as Float32Array, outputs.orders as Int32Array];
      yield { count, ids: targets, losses, orders, blanks };
    }
  }

  /**
   * Tokens to read with those that are to follow, `count` of them. The beginning of a sentence is read where one ends: no n-gram goes across it,
   * so the context after it is that of a first one. Empty sentences are left out, and a last one is ended.
   */
  async *#pairs(
    stream: TokenStream,
  ): AsyncGenerator<Pick<Scored, "count" | "blanks"> & Record<"inputs" | "targets", Int32Array>, void, undefined> {
    const { begin = -1, end = -1 } = this.#marks ?? {};
    let before = begin;
    let blanks = 0;
    for (let at = 0; at < stream.length; at += atOnce) {
      const ids = await stream.read(at, Math.min(at + atOnce, stream.length));
      // One more for the end of the last sentence, and the power of two above that.
      const inputs = new Int32Array(2 * atOnce);
      const targets = new Int32Array(2 * atOnce).fill(-1);
      let count = 0;
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number;
        // The first token of a running text is read only; the end of an empty sentence is left out.
        const isBlank = this.#marks !== null && before === begin && id === end;
        blanks += Number(isBlank);
        if (before >= 0 && !isBlank) {
          inputs[count] = before;
          targets[count++] = id;
        }
        before = this.#marks && id === end ? begin : id;
      }
      if (at + atOnce >= stream.length && this.#marks && before !== begin) {
        inputs[count] = before;
        targets[count++] = end;
      }
      if (count + blanks === 0) continue;
      yield { count, inputs, targets, blanks };
      blanks = 0;
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

/** The tokens with their losses under the model and a cache of those before them. */
function cached(scored: Scored, cache: CountCache): Scored {
  const { count, ids, losses } = scored;
  const all = Float64Array.from({ length: count }, (_, i) => cache.read(ids[i] as number, losses[i] as number));
  return { ...scored, losses: all };
}

function meanOf({ tokens, loss }: { tokens: number; loss: number }): { loss: number; perplexity: number } {
  return { loss: loss / tokens, perplexity: Math.exp(loss / tokens) };
}

/** The cache that a measurement asks for. @throws OptionError for what needs a network. */
function cacheOf(
  options: Pick<Completed<typeof evaluateRules>, keyof typeof adaptationRules>,
  length: number,
): CountCache | null {
  const { cacheSize: size, cacheWeight: weight, cacheTheta, dynamicRate } = options;
  const network = Object.entries({ cacheTheta, dynamicRate }).find(([, value]) => value > 0)?.[0];
  if (network !== undefined) {
    throw new OptionError(`evaluate: ${network} needs a network, and this model counts n-grams: leave it out.`, [
      network,
    ]);
  }
  return size > 0 ? new CountCache({ size: Math.min(size, length), weight }) : null;
}
