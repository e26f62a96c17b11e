import { describe, InputError } from "../../errors.js";
import { WordCache } from "../wordCache.js";
import type { AddedToken } from "./addedTokens.js";
import { readAddedTokens, TokenFinder } from "./addedTokens.js";
import { Component } from "./component.js";
import type { Decoder } from "./decoders.js";
import { readDecoders } from "./decoders.js";
import { readModel } from "./models.js";
import type { Normalizer } from "./normalizers.js";
import { readNormalizers } from "./normalizers.js";
import type { PreTokenizer } from "./preTokenizers.js";
import { readPreTokenizers } from "./preTokenizers.js";
import type { SubwordModel } from "./subwordModel.js";

/** Steps of one kind at most: the tokenizers in use have a handful. */
const mostSteps = 100;

/** A text grows in its steps by less: one character has at most 18 in a normal form, and four bytes. */
const largestGrowth = { times: 100, more: 2 ** 16 };

/** Where a text that is encoded part by part stands. */
export interface TextPlace {
  /** Nothing has been encoded yet. */
  atStart: boolean;
  /** The next piece follows text, not an added token. */
  insideStretch: boolean;
}

/**
 * The steps of a tokenizer.json: added tokens are taken out of the text, the rest is brought to its normal form and cut into
 * words, and the model cuts these into tokens. The ids are those of Hugging Face's own library for the same file, without
 * the tokens that a post-processor would put around the text, and without truncation and padding.
 */
export class Pipeline {
  readonly file: Component;
  readonly normalizers: readonly Normalizer[];
  readonly preTokenizers: readonly PreTokenizer[];
  readonly decoders: readonly Decoder[] | null;
  readonly model: SubwordModel;
  readonly added: readonly AddedToken[];
  /** The tokens by id. */
  readonly tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #rawFinder: TokenFinder;
  readonly #normalFinder: TokenFinder;
  readonly #words: WordCache;
  /** Whether a word at the front of the text is cut differently. */
  readonly #marksFront: boolean;
  /** The texts that tokens give to the decoders: of added tokens the normal form. */
  readonly #decoded: readonly string[];

  /** @throws InputError if the file holds anything whose tokens would not surely be the library's. */
  constructor(json: unknown) {
    const file = new Component("", json);
    this.file = file;
    this.normalizers = file.has("normalizer") ? readNormalizers(file.child("normalizer")) : [];
    this.preTokenizers = file.has("pre_tokenizer") ? readPreTokenizers(file.child("pre_tokenizer")) : [];
    this.decoders = file.has("decoder") ? readDecoders(file.child("decoder")) : null;
    expectFewSteps({ normalizer: this.normalizers, pre_tokenizer: this.preTokenizers, decoder: this.decoders ?? [] });
    this.model = readModel(file.child("model"));
    const { vocabulary } = this.model;
    this.added = readAddedTokens(file, vocabulary, {
      size: this.model.size,
      normalize: (text) => this.#normalize(text, true),
    });
    this.#ids = new Map([...vocabulary, ...this.added.map(({ content, id }) => [content, id] as const)]);
    this.tokens = tokensById(this.model, this.added);
    const decoded = [...this.tokens];
    for (const { id, sought } of this.added) decoded[id] = sought;
    this.#decoded = decoded;
    this.#rawFinder = new TokenFinder(this.added.filter(({ normalized }) => !normalized));
    this.#normalFinder = new TokenFinder(this.added.filter(({ normalized }) => normalized));
    this.#words = new WordCache((word) => this.model.encode(word));
    this.#marksFront = marksFront(this);
  }

  /** The model's unknown token. */
  get unknown(): number | undefined {
    return this.model.unknown;
  }

  id(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /** Whether a part of a text has the same tokens wherever it stands. */
  get isUniform(): boolean {
    const strips = this.normalizers.some(({ type }) => type === "Prepend" || type === "Strip");
    return !strips && !this.#marksFront;
  }

  /** The tokens of the next part of a text, and moves its place on. */
  encode(text: string, place: TextPlace): number[] {
    const ids: number[] = [];
    for (const stretch of this.#rawFinder.split(text)) {
      if ("id" in stretch) ids.push(stretch.id);
      else this.#encodeStretch(stretch.text, place, ids);
      place.atStart = false;
      place.insideStretch = !("id" in stretch);
    }
    return ids;
  }

  /** The text that the tokens stand for. */
  decode(ids: readonly number[]): string {
    const tokens = ids.map((id) => this.#decoded[id] as string);
    if (!this.decoders) return tokens.join(" ");
    const before = charactersIn(tokens);
    let texts: readonly string[] = tokens;
    for (const { type, decode } of this.decoders) {
      texts = decode(texts);
      expectNoExplosion(before, charactersIn(texts), type);
    }
    return texts.join("");
  }

  /** The text between added tokens brought to its normal form, these as they are. */
  normalForm(text: string): string {
    const stretches = this.#rawFinder.split(text);
    return stretches
      .map((stretch) => ("id" in stretch ? (this.tokens[stretch.id] as string) : this.#normalize(stretch.text, true)))
      .join("");
  }

  #encodeStretch(text: string, { atStart, insideStretch }: TextPlace, ids: number[]): void {
    const front = atStart && this.#marksFront && !this.#dropsFront(text);
    for (const [i, stretch] of this.#normalFinder.split(this.#normalize(text, !insideStretch)).entries()) {
      if ("id" in stretch) {
        ids.push(stretch.id);
        continue;
      }
      for (const word of this.#wordsOf(stretch.text, front && i === 0)) {
        for (const id of this.#words.encode(word)) ids.push(id);
      }
    }
  }

  #normalize(text: string, first: boolean): string {
    let normal = text;
    for (const step of this.normalizers) {
      normal = step.apply(normal, first);
      expectNoExplosion(text.length, normal.length, step.type);
    }
    return normal;
  }

  #dropsFront(text: string): boolean {
    let normal = text;
    for (const step of this.normalizers) {
      if (step.dropsFront?.(normal)) return true;
      normal = step.apply(normal, true);
      expectNoExplosion(text.length, normal.length, step.type);
    }
    return false;
  }

  #wordsOf(text: string, first: boolean): string[] {
    let words = [text];
    let front = first;
    for (const { type, split } of this.preTokenizers) {
      const cut: string[] = [];
      let length = 0;
      for (const [i, word] of words.entries()) {
        const pieces = split(word, front && i === 0);
        if (i === 0 && (pieces[0] ?? "") === "") front = false;
        for (const piece of pieces) if (piece !== "") cut.push(piece);
        for (const piece of pieces) length += piece.length;
        expectNoExplosion(text.length, length, type);
      }
      words = cut;
    }
    return words;
  }
}

/** @throws InputError for a file that is made to take time. */
function expectFewSteps(kinds: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [kind, steps] of Object.entries(kinds)) {
    if (steps.length <= mostSteps) continue;
    throw new InputError(`tokenizer.json: ${kind} has ${steps.length} steps, and can have ${mostSteps}.`);
  }
}

/**
 * Steps that each make a text a little longer can fill the memory when there are some dozen of them.
 * @throws InputError that names the step.
 */
function expectNoExplosion(before: number, now: number, type: string): void {
  if (now <= largestGrowth.times * before + largestGrowth.more) return;
  throw new InputError(
    `tokenizer.json: by ${type} and the steps before it, a text of ${before} characters has become one of ${now}. ` +
      "Take steps of that kind out of the file.",
  );
}

function charactersIn(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** The tokens in the order of their ids. @throws InputError unless the ids are 0, 1, 2 ... */
function tokensById(model: SubwordModel, added: readonly AddedToken[]): string[] {
  const entries: (readonly [string, number])[] = model.tokens
    ? model.tokens.map((token, id) => [token, id] as const)
    : [...model.vocabulary];
  for (const { content, id } of added) if (id >= model.size) entries.push([content, id]);
  if (entries.length === 0) throw new InputError("tokenizer.json: the vocabulary is empty.");
  const tokens = new Array<string | undefined>(entries.length);
  for (const [token, id] of entries) {
    if (id >= entries.length) {
      throw new InputError(
        `tokenizer.json: the token ${describe(token)} has the id ${id}, but there are ${entries.length} tokens: expected the ` +
          `ids 0 to ${entries.length - 1} without a gap. Number the tokens again with the library that made the file.`,
      );
    }
    const other = tokens[id];
    if (other !== undefined) {
      throw new InputError(
        `tokenizer.json: the tokens ${describe(other)} and ${describe(token)} both have the id ${id}.`,
      );
    }
    tokens[id] = token;
  }
  return tokens as string[];
}

/**
 * Whether some step marks the front of a text.
 * @throws InputError where the library might not know the front: it goes by what is left of the text's first character.
 */
function marksFront({ normalizers, preTokenizers }: Pipeline): boolean {
  const at = preTokenizers.findIndex(({ marks }) => marks === "front");
  if (at < 0) return false;
  const prefix = normalizers.find(({ type }) => type === "Prepend");
  const mark = preTokenizers.slice(0, at).find(({ marks }) => marks !== undefined);
  const adds = normalizers.findIndex(({ addsFront }) => addsFront);
  // A later step can take away what was added, or cut it off.
  const takes =
    adds < 0 ? undefined : (normalizers.slice(adds + 1).find(({ dropsFront }) => dropsFront) ?? preTokenizers[at - 1]);
  const other = prefix ?? mark ?? (takes && normalizers[adds]);
  if (!other) return true;
  const reason = takes && !prefix && !mark ? ` and ${takes.type}, which may take it away again,` : "";
  throw new InputError(
    `tokenizer.json: pre_tokenizer: Metaspace with prepend_scheme "first" after ${other.type}, which puts something in front ` +
      `of the text too,${reason} is not supported. Set prepend_scheme to "never".`,
  );
}
