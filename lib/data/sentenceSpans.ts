import { counted, describe, InputError } from "../errors.js";
import { beyondContext } from "./contextLimit.js";
import type { TokenStream } from "./tokenStream.js";

/** Rules for a sentence that is too long. */
export const longRules = ["refuse", "cut", "skip"] as const;

/** Sentences of a stream, by their place in it. */
export interface Sentences {
  /** Where each begins. */
  readonly starts: readonly number[];
  /** Tokens of each, without its end; no more than the greatest length. */
  readonly lengths: readonly number[];
  /** Tokens that each predicts: its own and its end, which one that was cut does not have. */
  readonly steps: readonly number[];
  /** Number of the line of each in the text, from 1. */
  readonly lines: readonly number[];
  /** How many were left out. */
  readonly skipped: number;
  /** Tokens that would be predicted if no sentence were cut or left out. */
  readonly tokens: number;
  /** Where the ends of empty lines stand, in rising order. */
  readonly blanks: readonly number[];
}

/** Tokens looked at together when the sentences are searched for. */
const scanLength = 2 ** 16;

/**
 * The sentences of a stream that are not empty. A text that does not end with `end` still has a last sentence.
 * @param limits.maximumLength tokens that one may have, its end left out. Default: any number.
 * @param limits.longest tokens that a model reads of one, its end included. Default: any number.
 * @param limits.remedy whatever helps against one that is longer than that.
 * @throws InputError if there are none, or for one that is too long: it names the line.
 */
export async function findSentences(
  stream: TokenStream,
  {
    end,
    maximumLength = Number.POSITIVE_INFINITY,
    longest = Number.POSITIVE_INFINITY,
    long = "refuse",
    remedy,
  }: {
    end: number;
    maximumLength?: number | undefined;
    longest?: number | undefined;
    long?: (typeof longRules)[number];
    remedy?: string | undefined;
  },
): Promise<Sentences> {
  const fits = (length: number) => length <= maximumLength && length < longest;
  // One that was cut has no end.
  const most = Math.min(maximumLength, longest);
  const [starts, lengths, steps, lines]: [number[], number[], number[], number[]] = [[], [], [], []];
  const blanks: number[] = [];
  let [start, line, skipped, tokens] = [0, 0, 0, 0];
  const add = (length: number, predicted: number) => {
    starts.push(start);
    lengths.push(length);
    steps.push(predicted);
    lines.push(stream.lines?.[line - 1] ?? line);
  };
  const close = (at: number) => {
    line++;
    const length = at - start;
    if (length > 0) tokens += length + 1;
    else if (at < stream.length) blanks.push(at);
    if (length > 0 && fits(length)) add(length, length + 1);
    else if (length > 0 && long === "cut") add(most, most);
    else if (length > 0 && long === "skip") skipped++;
    else if (length > 0) {
      const place = linePlace(stream.lines?.[line - 1] ?? line);
      if (longest <= maximumLength) throw beyondContext({ place, length, ends: true }, longest, remedy);
      throw tooLong(place, length, maximumLength);
    }
    start = at + 1;
  };
  for (let from = 0; from < stream.length; from += scanLength) {
    const ids = await stream.read(from, Math.min(from + scanLength, stream.length));
    if (!(ids instanceof Int32Array)) {
      throw new InputError(`expected the stream to read an Int32Array of tokens, got ${describe(ids)}.`);
    }
    for (let at = ids.indexOf(end); at >= 0; at = ids.indexOf(end, at + 1)) close(from + at);
  }
  close(stream.length);
  if (starts.length > 0) return { starts, lengths, steps, lines, skipped, tokens, blanks };
  throw new InputError(
    skipped > 0
      ? `All ${skipped} lines have more than ${Math.min(maximumLength, longest - 1)} tokens. ` +
          `${longest <= maximumLength ? "Give the model a longer context" : "Raise the maximum length"}, or have long lines cut.`
      : `The text has ${counted(stream.length, "token")}, but no sentence among them.`,
  );
}

/** The name of a line in messages. */
export function linePlace(line: number): string {
  return `Line ${line} of the text`;
}

function tooLong(place: string, length: number, maximumLength: number): InputError {
  return new InputError(
    `${place} has ${length} tokens, and at most ${maximumLength} are allowed. Raise the maximum length ` +
      "(maximumLength; --maximum-length on the command line), or have long lines cut or skipped (long; --long cut, --long skip).",
  );
}
