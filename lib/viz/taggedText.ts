import { visible } from "../visible.js";
import type { ColourDepth, RGB } from "./colour.js";
import { background, groupColours } from "./colour.js";
import { widthOf } from "./terminal.js";

/** A piece of a sentence: a span, a token with its tag, or tokens that are part of none. */
export interface TaggedPiece {
  readonly tokens: readonly string[];
  /** Its tag or type; null for what is none. */
  readonly tag: string | null;
  /** Whether tag and ends are those that a person gave; null where nobody did. */
  readonly right: boolean | null;
}

/** A sentence as a tagger reads it. */
export interface TaggedText {
  readonly pieces: readonly TaggedPiece[];
  /** Spans or tags that a person marked and the tagger did not. */
  readonly missed: readonly { readonly text: string; readonly tag: string }[];
}

/** The tags of sentences, in alphabetical order: each gets a colour by its place. */
export function tagsIn(texts: readonly TaggedText[]): string[] {
  const found = texts.flatMap(({ pieces, missed }) => [...pieces, ...missed].flatMap(({ tag }) => tag ?? []));
  return [...new Set(found)].sort();
}

/**
 * A sentence with its tags in brackets, coloured by tag where the terminal has colours: "[Captain Ahab:person] went". A piece that is
 * wrong has a "?", and what is missed stands behind an arrow.
 * @param look.tags all tags that have a colour: see tagsIn.
 */
export function taggedTerminal(
  { pieces, missed }: TaggedText,
  { tags, depth, width }: { tags: readonly string[]; depth: ColourDepth; width: number },
): string {
  const line = (text: string) => visible(text).replace(/[\n\t]/g, " ");
  const words = pieces.flatMap(({ tokens, tag, right }): { text: string; tag: string | null }[] => {
    if (tag === null) return tokens.map((token) => ({ text: line(token), tag }));
    return [{ text: `[${line(tokens.join(" "))}:${line(tag)}${right === false ? "?" : ""}]`, tag }];
  });
  let [out, column] = ["", 0];
  const write = ({ text, tag }: { text: string; tag: string | null }) => {
    const wide = widthOf(text);
    if (column > 0) out += column + 1 + wide > width ? "\n" : " ";
    column = column > 0 && column + 1 + wide <= width ? column + 1 + wide : wide;
    out += depth === 0 || tag === null ? text : `${background(colourOf(tags, tag), 0.8, depth)}${text}\u001b[0m`;
  };
  for (const word of words) write(word);
  for (const { text, tag } of missed) write({ text: `-> [${line(text)}:${line(tag)}]`, tag: null });
  return out;
}

function colourOf(tags: readonly string[], tag: string): RGB {
  const hex = groupColours[Math.max(0, tags.indexOf(tag)) % groupColours.length] as string;
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as RGB;
}
