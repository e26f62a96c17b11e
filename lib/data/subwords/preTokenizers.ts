import { inByteLetters } from "../byteLetters.js";
import type { Component } from "./component.js";
import { punctuation, whiteSpace, wordCharacter } from "./libraryUnicode.js";
import { translateExpression } from "./oniguruma.js";
import { compilePattern } from "./patterns.js";
import type { SplitBehavior } from "./splits.js";
import { splitBehaviors, splitText } from "./splits.js";

/** One step of cutting a normal text into words. */
export interface PreTokenizer {
  readonly type: string;
  readonly component: Component;
  /** Whether a sign is put in front of every piece, or of the one at the front of the text. */
  readonly marks?: "front" | "pieces" | undefined;
  /**
   * The words of a piece; "" as the first where the piece's front was dropped.
   * @param first whether the piece is the beginning of the whole text.
   */
  split(piece: string, first: boolean): string[];
}

/** GPT-2's words: letters, digits or other signs, each with one space in front, and white space (Radford et al. 2019). */
export const wordExpression = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const gpt2Word = new RegExp(translateExpression(wordExpression).source, "gv");
const anySpace = new RegExp(whiteSpace, "gv");
const anyPunctuation = new RegExp(punctuation, "gv");
const wordOrSigns = new RegExp(`${wordCharacter}+|[^${wordCharacter}${whiteSpace}]+`, "gv");

type Maker = (component: Component) => PreTokenizer["split"];

const makers: Readonly<Record<string, Maker>> = {
  BertPreTokenizer: () => (piece) => {
    const words = splitText(piece, anySpace, { behavior: "Removed", invert: false });
    return words.flatMap((word, i) => (word === "" && i === 0 ? [""] : isolate(word, anyPunctuation)));
  },
  ByteLevel: byteLevel,
  CharDelimiterSplit: (component) => delimiter(component),
  Digits: (component) => {
    const behavior = component.flag("individual_digits") ? "Isolated" : "Contiguous";
    return splitter(/\p{N}/gu, behavior);
  },
  FixedLength: (component) => {
    const length = component.whole("length", { minimum: 1, initial: 5 });
    return (piece) => {
      const characters = [...piece];
      const count = Math.ceil(characters.length / length);
      return Array.from({ length: count }, (_, i) => characters.slice(i * length, (i + 1) * length).join(""));
    };
  },
  Metaspace: metaspace,
  Punctuation: (component) => splitter(anyPunctuation, component.oneOf("behavior", splitBehaviors, "Isolated")),
  Split: (component) => {
    const pattern = compilePattern(component);
    const split = { behavior: component.oneOf("behavior", splitBehaviors), invert: component.flag("invert") };
    return (piece) => splitText(piece, pattern, split);
  },
  Whitespace: () => (piece) => splitText(piece, wordOrSigns, { behavior: "Removed", invert: true }),
  WhitespaceSplit: () => splitter(anySpace, "Removed"),
};

/**
 * The steps of a pre-tokenizer, those of a Sequence one after the other.
 * @throws InputError if one is of another type or has a setting that does not fit.
 */
export function readPreTokenizers(component: Component): PreTokenizer[] {
  const { type } = component;
  if (type === "Sequence") return component.children("pretokenizers").flatMap(readPreTokenizers);
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (!make) throw component.unknownType([...Object.keys(makers), "Sequence"]);
  return [{ type, component, marks: marksOf(component), split: make(component) }];
}

function marksOf(component: Component): PreTokenizer["marks"] {
  if (component.type === "ByteLevel") return component.flag("add_prefix_space") ? "pieces" : undefined;
  const scheme = component.type === "Metaspace" ? prependScheme(component) : "never";
  return scheme === "first" ? "front" : scheme === "always" ? "pieces" : undefined;
}

function isolate(text: string, pattern: RegExp): string[] {
  return splitText(text, pattern, { behavior: "Isolated", invert: false });
}

function splitter(pattern: RegExp, behavior: SplitBehavior): PreTokenizer["split"] {
  return (piece) => splitText(piece, pattern, { behavior, invert: false });
}

function delimiter(component: Component): PreTokenizer["split"] {
  const code = (component.character("delimiter").codePointAt(0) as number).toString(16);
  return splitter(new RegExp(`\\u{${code}}`, "gv"), "Removed");
}

function byteLevel(component: Component): PreTokenizer["split"] {
  const prefixes = component.flag("add_prefix_space");
  const cuts = component.flag("use_regex", true);
  component.flag("trim_offsets");
  return (piece) => {
    const text = prefixes && !piece.startsWith(" ") ? ` ${piece}` : piece;
    return (cuts ? isolate(text, gpt2Word) : [text]).map(inByteLetters);
  };
}

function metaspace(component: Component): PreTokenizer["split"] {
  const mark = component.character("replacement");
  const scheme = prependScheme(component);
  const cuts = component.flag("split", true);
  const pattern = new RegExp(`\\u{${(mark.codePointAt(0) as number).toString(16)}}`, "gv");
  return (piece, first) => {
    const marked = piece.replaceAll(" ", mark);
    const prepends = scheme === "always" || (scheme === "first" && first);
    const text = prepends && !marked.startsWith(mark) ? mark + marked : marked;
    return cuts ? splitText(text, pattern, { behavior: "MergedWithNext", invert: false }) : [text];
  };
}

/** Whether a mark is put in front of every piece, of the first one, or of none. */
export function prependScheme(component: Component): "first" | "never" | "always" {
  const scheme = component.oneOf("prepend_scheme", ["first", "never", "always"], "always");
  if (component.has("add_prefix_space") && !component.flag("add_prefix_space") && scheme !== "never") {
    throw component.refusal(
      `add_prefix_space is false, and prepend_scheme is ${JSON.stringify(scheme)}: they contradict.`,
    );
  }
  return scheme;
}
