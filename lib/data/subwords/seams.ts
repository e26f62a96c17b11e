import { BytePairs } from "./bytePairs.js";
import type { Component } from "./component.js";
import { translateExpression } from "./oniguruma.js";
import type { Pipeline } from "./pipeline.js";
import type { PreTokenizer } from "./preTokenizers.js";
import { wordExpression } from "./preTokenizers.js";
import { isSolidBefore, isWordAt } from "./solidCharacters.js";

/**
 * Expressions of Split that match white space wherever it stands, never go on with a space after something else or with a
 * word after a line end, and look no further than one character ahead.
 */
const wordExpressions: readonly string[] = [
  wordExpression,
  // cl100k of OpenAI, Llama 3; with single digits Qwen 2
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  // o200k of OpenAI
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  // DeepSeek 3
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
];

/** Expressions of one class or property, that repeats or not. */
const oneClass = /^(?:\\p\{\w+\}|\\d|\[[^\\[\]&-]+(?:-[^\\[\]&-]+)*\])(?:\+|\{1,\d+\})?$/u;

/** Characters that a normalizer or pre-tokenizer can leave where a space was. */
const spaceMarks: readonly string[] = [" ", "▁"];

/**
 * Places where a text can be cut so that the tokens of the parts are those of the whole: in front of a space after a word, and
 * after a line end between two words. Which of them holds follows from the steps of the tokenizer; where no step is known to
 * keep both sides apart there are none, and a text is encoded whole.
 */
export class Seams {
  readonly #spaces: Keeper;
  readonly #lines: Keeper;

  constructor(pipeline: Pipeline) {
    this.#spaces = spaceSide(pipeline);
    this.#lines = lineSide(pipeline);
  }

  /** Whether texts have any. */
  get any(): boolean {
    return this.#spaces !== null || this.#lines !== null;
  }

  /** Whether only the model keeps the two sides of some seam apart, so that cutting there makes its work less. */
  get lighten(): boolean {
    return this.#spaces === "model" || this.#lines === "model";
  }

  /** The last seam of a text; 0 if there is none. The first `searched` characters have none but perhaps at their end. */
  last(text: string, searched: number): number {
    if (!this.any) return 0;
    for (let i = text.length - 1; i > 0 && i > searched - 3; i--) if (this.#isSeam(text, i)) return i;
    return 0;
  }

  /** The parts of a text between its seams. */
  pieces(text: string): string[] {
    const pieces: string[] = [];
    let start = 0;
    for (let i = 1; i < text.length; i++) {
      if (!this.#isSeam(text, i)) continue;
      pieces.push(text.slice(start, i));
      start = i;
    }
    pieces.push(text.slice(start));
    return pieces;
  }

  #isSeam(text: string, at: number): boolean {
    if (text.charCodeAt(at) === 0x20) return this.#spaces !== null && isSolidBefore(text, at);
    if (text.charCodeAt(at - 1) !== 0x0a || this.#lines === null) return false;
    return isWordAt(text, at) && isSolidBefore(text, at - 1);
  }
}

/** Who keeps both sides of a seam apart: a pre-tokenizer, or only the model; null if nobody does. */
type Keeper = "words" | "model" | null;

/** For the seam in front of a space. */
function spaceSide({ normalizers, preTokenizers, model, added }: Pipeline): Keeper {
  let marks = new Set([" "]);
  let loose = false; // whether white space may have been put beside the seam
  for (const { type, component, apply } of normalizers) {
    if (type === "ByteLevel") return null;
    if (type === "Replace" && !keepsSpace(component)) return null;
    loose ||= type === "BertNormalizer" && component.flag("handle_chinese_chars");
    // Runs of spaces may become something else than one of them.
    const run = type === "Replace" ? [...marks].map((mark) => mark + mark) : [];
    marks = new Set([...marks, ...run].flatMap((mark) => [...apply(mark, false)]));
    if (type === "Strip") marks = new Set([...marks, " "]);
    if (![...marks].every((mark) => spaceMarks.includes(mark))) return null;
  }
  for (const { sought, normalized, singleWord, takesSpaceAfter } of added) {
    const there = normalized ? [...marks] : [" "];
    if (takesSpaceAfter || there.some((mark) => joinsBefore(sought, mark))) return null;
    if (singleWord && /^[\s▁]/u.test(sought)) return null;
  }
  for (const step of preTokenizers) {
    const next = spaceAfter(step, marks, loose);
    if (next === "words") return "words";
    if (next === null) return null;
    marks = next;
  }
  return !loose && keepsApart(model, (token) => [...marks].some((mark) => joinsBefore(token, mark)), [...marks])
    ? "model"
    : null;
}

/** Whether a Replace leaves a seam in front of a space where it is. */
function keepsSpace(component: Component): boolean {
  const pattern = component.pattern();
  const content = component.text("content");
  if ("expression" in pattern) return pattern.expression === " {2,}" && spaceMarks.includes(content);
  if (pattern.literal === " ") return spaceMarks.includes(content);
  return !/[\s▁]/u.test(pattern.literal) && !/[\s▁]/u.test(content);
}

/** The marks after a step of pre-tokenizing; "words" if it begins a word at the seam, null if it may join across it. */
function spaceAfter(
  { type, component }: PreTokenizer,
  marks: Set<string>,
  loose: boolean,
): Set<string> | "words" | null {
  const plain = marks.size === 1 && marks.has(" ");
  if (type === "WhitespaceSplit" || type === "BertPreTokenizer") return plain ? "words" : loose ? null : marks;
  if (type === "Whitespace") return plain ? "words" : null;
  if (loose) return null;
  if (type === "Metaspace") {
    const mark = component.character("replacement");
    if (![...marks].every((other) => other === " " || other === mark)) return null;
    return component.flag("split", true) ? "words" : new Set([mark]);
  }
  if (type === "Digits" || type === "Punctuation") return marks;
  if (type === "CharDelimiterSplit") {
    const delimiter = component.character("delimiter");
    return plain && delimiter === " " ? "words" : marks.has(delimiter) ? null : marks;
  }
  if (type === "ByteLevel") {
    if (!plain) return null;
    return component.flag("use_regex", true) ? "words" : new Set(["Ġ"]);
  }
  if (type !== "Split") return null;
  const pattern = component.pattern();
  if ("expression" in pattern) {
    if (leavesAlone(component, pattern.expression, [...marks])) return marks;
    return plain && cutsIntoWords(component, pattern.expression) ? "words" : null;
  }
  if (component.flag("invert")) return null;
  const behavior = component.text("behavior");
  if (plain && pattern.literal === " ") return behavior === "MergedWithPrevious" ? null : "words";
  return [...marks].some((mark) => pattern.literal.includes(mark)) ? null : marks;
}

/** For the seam after a line end. */
function lineSide({ normalizers, preTokenizers, model, added }: Pipeline): Keeper {
  let mark = "\n";
  let loose = false;
  for (const { type, component, apply } of normalizers) {
    if (type === "ByteLevel" || (type === "Strip" && component.flag("strip_right"))) return null;
    if (type === "Replace" && !keepsLineEnd(component)) return null;
    loose ||= type === "BertNormalizer" && component.flag("handle_chinese_chars");
    mark = type === "Strip" ? mark : apply(mark, false);
    if (mark !== "\n" && !spaceMarks.includes(mark)) return null;
  }
  for (const { sought, normalized, takesSpaceBefore } of added) {
    if (takesSpaceBefore || joinsAfter(sought, normalized ? mark : "\n")) return null;
  }
  for (const step of preTokenizers) {
    const next = lineAfter(step, mark, loose);
    if (next === "words" || next === null) return next;
    mark = next.mark;
  }
  return !loose && keepsApart(model, (token) => joinsAfter(token, mark), [mark]) ? "model" : null;
}

/** Whether a Replace leaves a seam after a line end, or after the space that was one, where it is. */
function keepsLineEnd(component: Component): boolean {
  const pattern = component.pattern();
  const content = component.text("content");
  if ("expression" in pattern) return pattern.expression === " {2,}" && spaceMarks.includes(content);
  if (pattern.literal === " ") return spaceMarks.includes(content);
  return !/[\s▁]/u.test(pattern.literal) && !/[\s▁]/u.test(content);
}

function lineAfter({ type, component }: PreTokenizer, mark: string, loose: boolean): { mark: string } | "words" | null {
  const plain = mark === "\n" || mark === " ";
  if (type === "WhitespaceSplit" || type === "BertPreTokenizer") return plain ? "words" : loose ? null : { mark };
  if (type === "Whitespace") return plain ? "words" : null;
  if (loose) return null;
  if (type === "Metaspace") return mark === "\n" && component.value("prepend_scheme") === "never" ? { mark } : null;
  if (type === "Digits" || type === "Punctuation") return { mark };
  if (type === "CharDelimiterSplit") {
    return component.character("delimiter") === mark ? "words" : { mark };
  }
  if (type === "ByteLevel") {
    if (component.flag("add_prefix_space") || mark !== "\n") return null;
    return component.flag("use_regex", true) ? "words" : { mark: "Ċ" };
  }
  if (type !== "Split") return null;
  const pattern = component.pattern();
  if ("expression" in pattern) {
    if (leavesAlone(component, pattern.expression, [mark])) return { mark };
    return mark === "\n" && cutsIntoWords(component, pattern.expression) ? "words" : null;
  }
  if (component.flag("invert")) return null;
  const behavior = component.text("behavior");
  if (pattern.literal === mark) return behavior === "MergedWithNext" ? null : "words";
  return pattern.literal.includes(mark) ? null : { mark };
}

/** Whether a Split's expression matches words and white space apart from each other, and its matches are the words. */
function cutsIntoWords(component: Component, expression: string): boolean {
  const behavior = component.flag("invert") ? "Removed" : "Isolated";
  return component.text("behavior") === behavior && wordExpressions.includes(expression);
}

/** Whether a Split cuts out characters of one class, none of which is a mark. */
function leavesAlone(component: Component, expression: string, marks: readonly string[]): boolean {
  if (component.flag("invert") || component.text("behavior") !== "Isolated" || !oneClass.test(expression)) return false;
  const pattern = new RegExp(translateExpression(expression).source, "v");
  return !marks.some((mark) => pattern.test(mark));
}

/** Whether the model joins nothing across a seam at one of the marks, so that words need not end there. */
function keepsApart(model: Pipeline["model"], joins: (token: string) => boolean, marks: readonly string[]): boolean {
  if (!(model instanceof BytePairs) || model.ignoresMerges || !model.isPlain) return false;
  if (![...model.vocabulary.keys()].every((token) => !joins(token))) return false;
  return marks.every((mark) => model.vocabulary.has(mark) || model.keepsBytesOf(mark));
}

function joinsBefore(token: string, mark: string): boolean {
  for (let at = token.indexOf(mark, 1); at >= 0; at = token.indexOf(mark, at + 1))
    if (token[at - 1] !== mark) return true;
  return false;
}

function joinsAfter(token: string, mark: string): boolean {
  for (let at = token.indexOf(mark); at >= 0; at = token.indexOf(mark, at + 1)) {
    if (at + 1 < token.length && token[at + 1] !== mark) return true;
  }
  return false;
}
