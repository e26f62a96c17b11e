import { inByteLetters } from "../byteLetters.js";
import { Charsmap } from "./charsmap.js";
import type { Component } from "./component.js";
import { controls, marks, nonspacingMarks, normalForm, whiteSpace } from "./libraryUnicode.js";
import { compilePattern } from "./patterns.js";

/** One step from a text to its normal form. */
export interface Normalizer {
  readonly type: string;
  readonly component: Component;
  /** @param first whether the text is the beginning of a stretch between added tokens, not a later piece of it. */
  apply(text: string, first: boolean): string;
  /** Whether characters at the front of a text would be dropped, so that what follows no longer stands at the front. */
  dropsFront?(text: string): boolean;
  /** Whether it can put characters in front of a text that it does not have. */
  readonly addsFront?: boolean;
}

const spaces = new RegExp(whiteSpace, "gv");
const frontSpaces = new RegExp(`^${whiteSpace}+`, "v");
const endSpaces = new RegExp(`(?<!${whiteSpace})${whiteSpace}+$`, "v");
const anyMark = new RegExp(marks, "gv");
const anyNonspacingMark = new RegExp(nonspacingMarks, "gv");
const anyControl = new RegExp(`${controls}|\\0`, "gv");

type Maker = (component: Component) => Omit<Normalizer, "type" | "component">;

const makers: Readonly<Record<string, Maker>> = {
  NFC: () => ({ apply: (text) => normalForm(text, "NFC") }),
  NFD: () => ({ apply: (text) => normalForm(text, "NFD") }),
  NFKC: () => ({ apply: (text) => normalForm(text, "NFKC") }),
  NFKD: () => ({ apply: (text) => normalForm(text, "NFKD") }),
  Lowercase: () => ({ apply: lowerCase }),
  StripAccents: () => ({ apply: (text) => text.replace(anyMark, ""), dropsFront: startsWith(anyMark) }),
  Strip: strip,
  Replace: replace,
  Prepend: (component) => {
    const prefix = component.text("prepend");
    return { addsFront: true, apply: (text, first) => (first && text !== "" ? prefix + text : text) };
  },
  BertNormalizer: bert,
  Nmt: () => ({ apply: nmt, dropsFront: startsWith(nmtControls) }),
  Precompiled: precompiled,
  ByteLevel: () => ({ apply: inByteLetters }),
};

/**
 * The steps of a normalizer, those of a Sequence one after the other.
 * @throws InputError if one is of another type or has a setting that does not fit.
 */
export function readNormalizers(component: Component): Normalizer[] {
  const { type } = component;
  if (type === "Sequence") return component.children("normalizers").flatMap(readNormalizers);
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (!make) throw component.unknownType([...Object.keys(makers), "Sequence"]);
  return [{ type, component, ...make(component) }];
}

function startsWith(pattern: RegExp): (text: string) => boolean {
  return (text) => text.search(pattern) === 0;
}

/** By character: the library knows no final sigma. */
function lowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

function strip(component: Component): ReturnType<Maker> {
  const left = component.flag("strip_left");
  const right = component.flag("strip_right");
  return {
    apply: (text, first) => {
      const front = left && first ? text.replace(frontSpaces, "") : text;
      return right ? front.replace(endSpaces, "") : front;
    },
    ...(left ? { dropsFront: (text: string) => frontSpaces.test(text) } : {}),
  };
}

function replace(component: Component): ReturnType<Maker> {
  const pattern = compilePattern(component, { mayMatchNothing: false });
  const content = component.text("content");
  const sought = component.pattern();
  const apply = (text: string) => text.replace(pattern, () => content);
  if (content === "") return { apply, dropsFront: startsWith(pattern) };
  // The library takes what is put in for the last of the characters that it replaces.
  const front = new RegExp(`^(?:${pattern.source})`, "v");
  const dropsFront = (text: string) => [...(front.exec(text)?.[0] ?? "")].length > 1;
  const isOne = "literal" in sought && [...sought.literal].length === 1;
  return { apply, addsFront: true, ...(isOne ? {} : { dropsFront }) };
}

function bert(component: Component): ReturnType<Maker> {
  const cleans = component.flag("clean_text");
  const parts = component.flag("handle_chinese_chars");
  const lowers = component.flag("lowercase");
  const strips = component.has("strip_accents") ? component.flag("strip_accents") : lowers;
  return {
    addsFront: parts,
    apply: (text) => {
      let normal = cleans ? text.replace(anyControl, "").replace(spaces, " ") : text;
      if (parts) normal = normal.replace(chineseCharacter, " $& ");
      if (strips) normal = normalForm(normal, "NFD").replace(anyNonspacingMark, "");
      return lowers ? lowerCase(normal) : normal;
    },
    dropsFront: (text) => (cleans && startsWith(anyControl)(text)) || (strips && startsWith(anyNonspacingMark)(text)),
  };
}

const chineseCharacter =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is dropped
const nmtControls = /[\x01-\x08\x0B\x0E-\x1F\x7F\x8F\x9F]/gu;

/** The normalizer of Google's translation models: some control characters go, some others become spaces. */
function nmt(text: string): string {
  return text.replace(nmtControls, "").replace(/[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/gu, " ");
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Runs of characters that each are a grapheme of their own, whatever stands in front of them. */
const alone = new RegExp(
  "[ -~\\u{A1}-\\u{AC}\\u{AE}-\\u{2FF}\\u{370}-\\u{482}\\u{48A}-\\u{52F}\\u{3001}-\\u{3029}\\u{3041}-\\u{3096}" +
    "\\u{30A1}-\\u{30FA}\\u{4E00}-\\u{9FFF}\\u{AC00}-\\u{D7A3}]+" +
    "(?![\\p{M}\\p{Cf}\\p{Emoji_Modifier}\\u{1160}-\\u{11FF}\\u{D7B0}-\\u{D7FF}\\u{FF9E}\\u{FF9F}])",
  "gv",
);

/** SentencePiece's table, applied to graphemes of up to 5 bytes and to the characters of longer ones. */
function precompiled(component: Component): ReturnType<Maker> {
  const charsmap = new Charsmap(component);
  const characters = (text: string) => {
    let normal = "";
    for (const character of text) normal += charsmap.replacement(character) ?? character;
    return normal;
  };
  const grapheme = (text: string) => {
    const short = Buffer.byteLength(text, "utf8") < 6 ? charsmap.replacement(text) : null;
    return short ?? characters(text);
  };
  const careful = (text: string) => {
    let normal = "";
    for (const { segment } of graphemes.segment(text)) normal += grapheme(segment);
    return normal;
  };
  return {
    apply: (text) => {
      const normal: string[] = [];
      let end = 0;
      for (const { 0: run, index } of text.matchAll(alone)) {
        // The last character may belong to what follows.
        if (index > end) normal.push(careful(text.slice(end, index)));
        normal.push(characters(run));
        end = index + run.length;
      }
      if (end < text.length) normal.push(careful(text.slice(end)));
      return normal.join("");
    },
  };
}
