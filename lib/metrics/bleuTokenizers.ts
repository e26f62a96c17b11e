import { splitWords } from "./words.js";

/** How BLEU cuts a text into words, by the names of sacreBLEU; see `BleuOptions.tokenize`. */
export const bleuTokenizers = {
  "13a": tokenize13a,
  intl: tokenizeInternational,
  char: (text: string) => Array.from(text).flatMap(splitWords),
  none: splitWords,
} satisfies Record<string, (text: string) => string[]>;

/** The name of a tokenization of BLEU. @useDeclaredType */
export type BleuTokenization = keyof typeof bleuTokenizers;

export const bleuTokenizations = Object.keys(bleuTokenizers) as BleuTokenization[];

/**
 * mteval-v13a.pl, the script of NIST and WMT: punctuation and symbols of ASCII are words of their own, except the apostrophe and
 * the hyphen; so is a hyphen after a digit, and full stops and commas that do not stand between digits. Rules run one after
 * the other, and each goes on after what it has just changed.
 */
function tokenize13a(text: string): string[] {
  const plain = text
    .replaceAll("<skipped>", "")
    .replaceAll("-\n", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  const cut = ` ${plain} `
    .replace(/[!-&(-+/:-@[-`{-~]/g, " $& ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])-/g, "$1 - ");
  return splitWords(cut);
}

/**
 * mteval-v14.pl with --international-tokenization: the punctuation of all scripts, except next to digits on both sides, and all
 * symbols. A full stop after a number at the end of the text stays with it, as in that script.
 */
function tokenizeInternational(text: string): string[] {
  const cut = text
    .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
    .replace(/(\p{P})(\P{N})/gu, " $1 $2")
    .replace(/\p{S}/gu, " $& ");
  return splitWords(cut);
}
