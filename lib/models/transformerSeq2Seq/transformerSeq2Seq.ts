import type { TokenizerPair } from "../../data/index.js";
import { beyondContext, tokensOf } from "../../data/index.js";
import type { Values } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import { checkOption, text as textRule } from "../../options.js";
import type { HeadAttention } from "../headAttention.js";
import { headRows } from "../headAttention.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import { expectNoEnd } from "../pairModel/pairData.js";
import { PairModel } from "../pairModel/pairModel.js";
import { expectSharedTokenizer, pairVocabularies } from "../pairModel/pairVocabularies.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import type { TransformerSeq2SeqConfig } from "./config.js";
import { transformerSeq2SeqRules } from "./config.js";
import { TransformerSeq2SeqNetwork } from "./network.js";

const anyTarget = textRule({ empty: true });

export interface TransformerSeq2SeqOptions
  extends Omit<TransformerSeq2SeqConfig, "sourceVocabularySize" | "targetVocabularySize">,
    CreateOptions<TokenizerPair> {}

/**
 * An encoder-decoder Transformer from sequence to sequence (Vaswani et al. 2017): translation, answers, pronunciations.
 *
 * ```ts
 * const model = await TransformerSeq2Seq.create({ tokenizer, encoderLayers: 3, decoderLayers: 3, labelSmoothing: 0.1 });
 * ```
 */
export class TransformerSeq2Seq extends PairModel<TransformerSeq2SeqNetwork> {
  static readonly kind: ModelKind<TransformerSeq2Seq, TokenizerPair, TransformerSeq2SeqNetwork> = {
    name: "TransformerSeq2Seq",
    options: transformerSeq2SeqRules,
    vocabularies: pairVocabularies,
    counts: ["encoderLayers", "decoderLayers"],
    reads: { data: ["PairData"], form: ["S", "T", "B"] },
    network: (config) => new TransformerSeq2SeqNetwork(config as unknown as TransformerSeq2SeqConfig),
    make: (parts) => new TransformerSeq2Seq(parts),
  };

  readonly #looks: Programs;

  private constructor(parts: ModelParts<TokenizerPair, TransformerSeq2SeqNetwork>) {
    super(TransformerSeq2Seq.kind, parts);
    this.#looks = new Programs(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: TransformerSeq2SeqOptions): Promise<TransformerSeq2Seq> {
    expectSharedTokenizer("TransformerSeq2Seq", options);
    return createModel(TransformerSeq2Seq.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<TransformerSeq2Seq> {
    return loadModelOf(TransformerSeq2Seq.kind, folder, options);
  }

  /**
   * Which token looks at which, in each head: of the encoder's blocks, then of each block of the decoder, to what it has read and to the
   * source. Rows of the decoder are named after the tokens that they write, the end among them unless a translation was cut off.
   * @param target Default: the model's own translation.
   * @throws InputError for a source without tokens, a target that holds its end, or one that the context has no room for.
   */
  async attention(source: string, target?: string): Promise<HeadAttention[]> {
    const [ids] = (await this.encodeSources("attention", [source], undefined)) as [Int32Array];
    const tokens = target === undefined ? await this.#translated(source) : this.#wholeTarget(target);
    const inputs = Int32Array.of(this.tokenizer.marks.begin, ...tokens.slice(0, -1));
    const [S, T] = [ids.length, inputs.length];
    const executable = this.#looks.get(`${S} ${T}`, (graph) => {
      const looks = this.network.attentionWeights(
        graph.feed("source", "i32", [S, 1]),
        graph.feed("inputs", "i32", [T, 1]),
      );
      for (const [part, weights] of Object.entries(looks)) {
        for (const [i, tensor] of weights.entries()) graph.output(`${part} ${i}`, tensor);
      }
    });
    const { outputs } = await executable.run({ source: ids, inputs });
    const { heads, encoderLayers, decoderLayers } = this.network.config;
    const rows = (output: string, sizes: { T: number; S: number }) =>
      headRows(outputs[output] as Values, { heads, ...sizes });
    const read = Array.from(ids, (id) => this.tokenizer.source.token(id));
    const names = (some: Iterable<number>) => Array.from(some, (id) => this.tokenizer.target.token(id));
    const [seen, written] = [names(inputs), names(tokens)];
    return [
      ...Array.from({ length: encoderLayers }, (_, i) => ({
        name: `encoder, block ${i + 1}`,
        source: read,
        target: read,
        heads: rows(`encoder ${i}`, { T: S, S }),
      })),
      ...Array.from({ length: decoderLayers }, (_, i) => [
        {
          name: `decoder, block ${i + 1}, to what it has read`,
          source: seen,
          target: written,
          heads: rows(`decoder ${i}`, { T, S: T }),
        },
        {
          name: `decoder, block ${i + 1}, to the source`,
          source: read,
          target: written,
          heads: rows(`memory ${i}`, { T, S }),
        },
      ]).flat(),
    ];
  }

  /** The tokens of the model's own translation, with its end where it has one. */
  async #translated(source: string): Promise<readonly number[]> {
    const [translation] = await this.translate([source], { unreadable: "write" });
    const { ids, ended } = translation?.hypotheses[0] ?? { ids: [], ended: true };
    return ended ? [...ids, this.tokenizer.marks.end] : ids;
  }

  /** The tokens of a target and its end. */
  #wholeTarget(target: string): readonly number[] {
    const own = this.tokenizer.encodeTarget(checkOption("attention", "target", target, anyTarget));
    const { end } = this.tokenizer.marks;
    expectNoEnd(own, this.tokenizer, "attention");
    const written = { place: "attention: the target", length: own.length, ends: true };
    if (tokensOf(written) > this.network.longest) throw beyondContext(written, this.network.longest);
    return [...own, end];
  }
}
