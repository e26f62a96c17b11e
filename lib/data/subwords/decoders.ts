import { isUtf8 } from "node:buffer";
import { bytesOfLetters } from "../byteLetters.js";
import type { Component } from "./component.js";
import { compilePattern } from "./patterns.js";
import { prependScheme } from "./preTokenizers.js";

/** One step from tokens to text: as many texts, or fewer. */
export interface Decoder {
  readonly type: string;
  readonly component: Component;
  decode(tokens: readonly string[]): string[];
}

type Maker = (component: Component) => Decoder["decode"];

const makers: Readonly<Record<string, Maker>> = {
  BPEDecoder: (component) => {
    const suffix = component.word("suffix");
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? "" : " "));
  },
  ByteFallback: () => byteFallback,
  ByteLevel: () => (tokens) => {
    const bytes = tokens.map((token) => bytesOfLetters(token) ?? Buffer.from(token, "utf8"));
    return [Buffer.concat(bytes).toString("utf8")];
  },
  CTC: (component) => {
    const padding = component.word("pad_token");
    const space = component.word("word_delimiter_token");
    const cleans = component.flag("cleanup");
    return (tokens) =>
      tokens
        .filter((token, i) => token !== tokens[i - 1])
        .map((token) => token.replaceAll(padding, ""))
        .map((token) => (cleans ? cleaned(token).replaceAll(space, () => " ") : token))
        .filter((token) => token !== "");
  },
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: (component) => {
    const mark = component.character("replacement");
    const first = prependScheme(component) === "never" ? " " : "";
    return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 ? first : " "));
  },
  Replace: (component) => {
    const pattern = compilePattern(component);
    const content = component.text("content");
    return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
  },
  Strip: strip,
  WordPiece: (component) => {
    const prefix = component.text("prefix");
    const cleans = component.flag("cleanup");
    const joined = (token: string, i: number) => {
      if (i === 0) return token;
      return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    };
    return (tokens) => tokens.map(joined).map((token) => (cleans ? cleaned(token) : token));
  },
};

/**
 * The steps of a decoder, those of a Sequence one after the other.
 * @throws InputError if one is of another type or has a setting that does not fit.
 */
export function readDecoders(component: Component): Decoder[] {
  const { type } = component;
  if (type === "Sequence") return component.children("decoders").flatMap(readDecoders);
  const make = Object.hasOwn(makers, type) ? makers[type] : undefined;
  if (!make) throw component.unknownType([...Object.keys(makers), "Sequence"]);
  return [{ type, component, decode: make(component) }];
}

/** The byte of a token like <0x0A>. */
export function byteOfToken(token: string): number | undefined {
  const [, digits] = /^<0x([0-9A-Fa-f]{2})>$/u.exec(token) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** Bytes one after the other are one text; where they are not UTF-8, each is U+FFFD. */
function byteFallback(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    const run = Buffer.from(bytes);
    if (isUtf8(run)) {
      if (run.length > 0) texts.push(run.toString("utf8"));
    } else for (const _ of run) texts.push("\u{FFFD}");
    bytes = [];
  };
  for (const token of tokens) {
    const byte = byteOfToken(token);
    if (byte !== undefined) bytes.push(byte);
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

/** Takes a number of one character, or as many as there are, off both ends of each token. */
function strip(component: Component): Decoder["decode"] {
  const content = component.character("content");
  const front = component.whole("start");
  const back = component.whole("stop");
  return (tokens) =>
    tokens.map((token) => {
      const characters = [...token];
      let start = 0;
      while (start < front && characters[start] === content) start++;
      let end = characters.length;
      while (characters.length - end < back && end > 0 && characters[end - 1] === content) end--;
      return characters.slice(start, end).join("");
    });
}

/** English as it is written, without the spaces that tokenising put around signs. */
function cleaned(text: string): string {
  const pairs = [" .", " ?", " !", " ,"].map((sign) => [sign, sign.trim()] as const);
  const contractions = [" n't", " 'm"].map((word) => [word, word.trim()] as const);
  const later = [" 's", " 've", " 're"].map((word) => [word, word.trim()] as const);
  const all = [...pairs, [" ' ", "'"], ...contractions, [" do not", " don't"], ...later] as const;
  return all.reduce((clean, [from, to]) => clean.replaceAll(from, to), text);
}
