import type { SentenceMarks, TokenDecoder, Tokenizer, TokenStream } from "../../data/index.js";
import { countCharacters, memoryStream, sentenceMarks, sentenceTokenizer, tokenStream } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf, Rule } from "../../options.js";
import { checkOption, completeOptions, text, value } from "../../options.js";
import type { RecordedLoss, Trainable } from "../../train/trainable.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import { SavedModel } from "../savedModel.js";
import { unwrittenTokens } from "../unwrittenTokens.js";
import { wholeText } from "../wholeText.js";
import type { BeamTextOptions, BeamTexts } from "./beamTexts.js";
import { completeBeamTexts, searchTexts } from "./beamTexts.js";
import type { LanguageModelForm } from "./data.js";
import { expectOwnData, SentenceData, WindowData } from "./data.js";
import { exportedStep } from "./exportedStep.js";
import type { GenerateAllOptions, GenerateOptions } from "./generation.js";
import { completeGenerate, completeGenerateAll, draw } from "./generation.js";
import type { NextTokens, NextTokensOptions } from "./nextTokens.js";
import { completeNextTokens, likeliest } from "./nextTokens.js";
import { Passage } from "./passage.js";
import type { TextEnd } from "./textEnd.js";
import { endTokenOf } from "./textEnd.js";
import type { EvaluateOptions, Evaluation, TextProbability } from "./textMeasure.js";
import { evaluateRules, readingRules, TextMeasure } from "./textMeasure.js";
import type { TokenNetwork } from "./tokenNetwork.js";
import { keptState, stateVariables } from "./tokenNetwork.js";
import type { TokenStepOptions } from "./tokenStep.js";
import { TokenStep } from "./tokenStep.js";

/** A text to read, which may be empty. */
export const anyText = text({ empty: true });

/**
 * A model that reads text token by token and says after each what may come next: what all language models have in common,
 * whatever their layers are.
 */
export abstract class TextModel<N extends TokenNetwork = TokenNetwork> extends SavedModel<
  Tokenizer,
  N,
  LanguageModelForm
> {
  readonly #measure: TextMeasure;
  /** How texts are read, whoever measures on them. */
  readonly #reading: ConstructorParameters<typeof TextMeasure>[1];
  /** The tokens that begin and end a sentence; null where the text is one running text. @internal */
  protected readonly marks: SentenceMarks | null;
  #tokenStep: TokenStep | null = null;

  /** Makes a line end the end of a sentence in a model of sentences. */
  protected constructor(kind: ModelKind, parts: ModelParts<Tokenizer, N>) {
    const sentences = parts?.network?.config.sentences;
    super(kind, sentences ? { ...parts, tokenizer: sentenceTokenizer(parts.tokenizer) } : parts);
    this.marks = sentences ? sentenceMarks(parts.tokenizer) : null;
    this.network.readVocabulary?.(this.tokenizer);
    const { windowLength } = this.network;
    this.#reading = {
      tokenizer: this.tokenizer,
      sentences,
      ...(windowLength === undefined ? {} : { longest: windowLength }),
    };
    this.#measure = new TextMeasure(this, this.#reading);
  }

  /** The step from a token and a state to the logits of the next token. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    return [exportedStep(this.network, this.marks)];
  }

  override expectForm(form: unknown, data: object): void {
    super.expectForm(form, data);
    const { windowLength } = this.network;
    if (windowLength === undefined) return;
    if (data instanceof SentenceData || data instanceof WindowData) data.expectWithin(windowLength);
  }

  recordLoss(graph: Graph, form: LanguageModelForm): RecordedLoss {
    this.expectTrainable(graph);
    const { network, tokenizer, kind } = this;
    expectOwnData(form, { name: kind.name, sentences: network.config.sentences, tokenizer });
    return recordTextLoss(graph, form, network);
  }

  /**
   * Measures how well the model predicts a text or a stream of tokens, read from beginning to end with the
   * state carried; a model of sentences reads it line by line, each from its beginning to its end, and leaves
   * out empty lines.
   * @throws InputError if no token is predicted: of fewer than two tokens, or one in a model of sentences.
   * @throws OptionError for a stream that another tokenizer has made.
   */
  async evaluate(text: string | TokenStream, options: EvaluateOptions = {}): Promise<Evaluation> {
    const complete = completeOptions("evaluate", options, evaluateRules);
    const stream = this.#streamOf("evaluate", text);
    return this.#measure.evaluate(stream, complete);
  }

  /**
   * The log-probability of each token of a text after the first, and of all together. A model of sentences
   * predicts every token of each line and the line ends, and leaves out empty lines.
   * @throws InputError if no token is predicted.
   */
  async logProbability(text: string): Promise<TextProbability> {
    return this.#measure.logProbability(this.tokenizer.encode(checkOption("logProbability", "text", text, anyText)));
  }

  /**
   * The tokens that are likeliest to follow a prompt, with their probabilities in the model's own
   * distribution, in which <unk> is a token like the others.
   *
   * ```ts
   * const { tokens } = await model.nextTokens("The quick brown", { top: 3 });
   * for (const { text, probability } of tokens) console.log(text, probability.toFixed(3));
   * ```
   * @param prompt text to continue; "" for the start of a line.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async nextTokens(prompt: string, options: NextTokensOptions = {}): Promise<NextTokens> {
    const { top } = completeNextTokens(options);
    const { prompted, context } = this.#begin(checkOption("nextTokens", "prompt", prompt, anyText));
    const state = await this.step.readAll(context.slice(0, -1));
    const { logProbabilities } = await this.step.read(context.at(-1) as number, state);
    return {
      tokens: likeliest(logProbabilities, { top, tokenizer: this.tokenizer, prompt: prompted }),
      unknown: this.#measure.countUnknown(prompted),
    };
  }

  /**
   * Writes text, piece by piece: an async iterator that can be stopped by leaving the loop.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    const { prompt, end, stop, ...drawing } = completeGenerate(options);
    const { context, decoder } = this.#begin(prompt);
    const passage = new Passage(decoder, { end: this.#endOf("generate", end), stop });
    for await (const { token } of draw(this.step, [context], drawing)) {
      const text = passage.push(token);
      if (text !== "") yield text;
      if (passage.ended) return;
    }
    const rest = passage.finish();
    if (rest !== "") yield rest;
  }

  /**
   * Writes many texts side by side, which takes far less time for each than one after the other. Texts of one
   * call differ by their place in it; the same seed and place write the same text.
   * @returns the texts, without their prompts.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async generateAll(options: GenerateAllOptions = {}): Promise<string[]> {
    const { prompts, end: ending, stop, ...drawing } = completeGenerateAll(options);
    const end = this.#endOf("generateAll", ending);
    const begun = prompts.map((prompt) => this.#begin(prompt));
    const rows = begun.map(({ decoder }) => ({ passage: new Passage(decoder, { end, stop }), text: "" }));
    const contexts = begun.map(({ context }) => context);
    let open = rows.length;
    for await (const { row, token } of draw(this.step, contexts, drawing)) {
      const own = rows[row] as (typeof rows)[number];
      if (own.passage.ended) continue;
      own.text += own.passage.push(token);
      if (own.passage.ended && --open === 0) break;
    }
    return rows.map(({ passage, text }) => text + passage.finish());
  }

  /**
   * Searches for the likeliest texts that follow a prompt, instead of drawing one: beam search inside the
   * executor. Likely texts of a language model are often dull; blockNgramRepeat keeps them from going in
   * circles.
   * @throws InputError for a prompt with a character that the model has never seen.
   * @throws OptionError for options that contradict each other.
   */
  async beamSearch(options: BeamTextOptions = {}): Promise<BeamTexts> {
    const known = { tokenizer: this.tokenizer, sentences: this.marks !== null };
    const { prompt, ...complete } = completeBeamTexts(known, options);
    const { prompted, context } = this.#begin(prompt);
    const decode = (tokens: readonly number[]) => {
      const { decoder } = this.#begin(prompt);
      return tokens.map((token) => decoder.push(token)).join("") + decoder.end();
    };
    const start = { context, banned: unwrittenTokens(this.tokenizer, this.marks?.end), tokenizer: this.tokenizer };
    return {
      ...(await searchTexts(this.step, start, { ...complete, decode })),
      unknown: this.#measure.countUnknown(prompted),
    };
  }

  /**
   * The loss of each token of a text that is predicted, in nats, in the order in which evaluate() reads them; infinite for what the
   * model holds impossible.
   * @param of measures a part of the model. Default: all of it. @internal
   */
  async tokenLosses(
    text: string | TokenStream,
    options: OptionsOf<typeof readingRules> = {},
    of: TextMeasure = this.#measure,
  ): Promise<Float64Array> {
    const who = "tokenLosses";
    const complete = completeOptions(who, options, readingRules);
    return of.losses(who, this.#streamOf(who, text), complete);
  }

  /** Measures what a part of the model makes of texts, read as the model reads them. @internal */
  protected measureOf(part: Trainable<LanguageModelForm>): TextMeasure {
    return new TextMeasure(part, this.#reading);
  }

  #streamOf(who: string, text: string | TokenStream): TokenStream {
    checkOption(who, "the text", text, textOrStream);
    if (typeof text !== "string") return text;
    return memoryStream(this.tokenizer.encode(text), countCharacters(this.tokenizer.normalize(text)));
  }

  /** The model as a step; made when it is first needed, which training never does. @internal */
  protected get step(): TokenStep {
    this.#tokenStep ??= this.makeStep({
      banned: unwrittenTokens(this.tokenizer, this.marks?.end),
      marks: this.marks,
      automaton: wholeText(this.tokenizer),
    });
    return this.#tokenStep;
  }

  /** A step of the model. @internal */
  protected makeStep(options: TokenStepOptions): TokenStep {
    return new TokenStep(this, options);
  }

  /** The context to read before the first token is drawn, and a decoder already fed with the prompt. */
  #begin(prompt: string): { prompted: Int32Array; context: number[]; decoder: TokenDecoder } {
    const prompted = this.tokenizer.encode(prompt);
    const context = [...this.opening(), ...prompted];
    if (context.length === 0) context.push(this.startToken());
    const decoder = this.tokenizer.decoder();
    for (const token of prompted) decoder.push(token);
    return { prompted, context, decoder };
  }

  /** The token that ends a text that is drawn; null for none. */
  #endOf(who: string, end: TextEnd | undefined): number | null {
    return endTokenOf(who, this.tokenizer, end ?? (this.marks ? "line" : "never"));
  }

  /** The tokens that a model of sentences reads before the first one. @internal */
  protected opening(): number[] {
    return this.marks ? [this.marks.begin] : [];
  }

  /** The token that a text begins after: the end of a sentence or line. @internal */
  protected startToken(): number {
    const { beginOfSentence, endOfSentence } = this.tokenizer.special;
    return this.tokenizer.id("\n") ?? beginOfSentence ?? endOfSentence ?? 0;
  }
}

/**
 * Records the losses of a batch of tokens.
 * @throws OptionError for a line that is read in several windows, by a network that carries nothing from one to the next.
 */
export function recordTextLoss(graph: Graph, form: LanguageModelForm, network: TokenNetwork): RecordedLoss {
  const { T, B, role, lengths, carried = !lengths } = form;
  if (lengths && carried && network.carriedEntries?.length === 0) {
    throw new OptionError(
      `A line of more than ${T} tokens is read in parts, and this model carries nothing from one to the next: make SentenceData ` +
        "with longest, the windowLength of the model's network.",
    );
  }
  const inputs = graph.feed("inputs", "i32", [T, B]);
  const targets = graph.feed("targets", "i32", [T, B]);
  const entries = network.carriedEntries ?? network.stateEntries;
  const variables = carried ? stateVariables(graph, entries, { role, B }) : {};
  // Multiplying by 0 begins a text from the first state; by 1 it goes on: one program for both.
  const state = carried ? { state: keptState(variables, graph.scalar("carry"), entries) } : {};
  const { losses, count, last, ...others } = network.losses({
    inputs,
    targets,
    ...(lengths ? { lengths: graph.feed("lengths", "i32", [B]) } : {}),
    ...state,
  });
  return {
    ...others,
    losses: ops.reshape(losses, [T, B]),
    count,
    carried: Object.entries(variables).map(([name, variable]) => ({
      variable,
      value: last[name] as typeof variable,
    })),
  };
}

/** A text, or the tokens of one. */
export const textOrStream: Rule<string | TokenStream> = value(`a text, or ${tokenStream.expected}`, (text) => {
  return typeof text === "string" || tokenStream.fits(text);
});
