import type { CharacterIndex, TokenStream } from "./tokenStream.js";

/** A line of a stream: its tokens start..end-1. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
  /** Number of the line in the text, from 1. */
  readonly line: number;
}

/**
 * Some lines of a stream one after the other, as a stream of their own. It shares the stream, so closing one closes all.
 * @param ranges lines with a token or more, in rising order.
 * @param options.index which characters belong to which tokens. @param options.blanks where the ends of empty lines stand, in rising order. Default: none.
 */
export function gatherStream(
  stream: TokenStream,
  ranges: readonly LineRange[],
  { index, blanks = [] }: { index: CharacterIndex; blanks?: readonly number[] },
): TokenStream {
  // Between places that the index knows, tokens of lines share the characters of lines: an empty one has one character and one token.
  const filled = index.without(blanks);
  let passed = 0;
  const charactersBefore = (token: number) => {
    while (passed < blanks.length && (blanks[passed] as number) < token) passed++;
    return filled.before(token - passed);
  };
  const joined = joinedRanges(ranges);
  /** Tokens of the gathered stream before each piece. */
  const before = new Float64Array(joined.length + 1);
  let characters = 0;
  for (const [i, { start, end }] of joined.entries()) {
    before[i + 1] = (before[i] as number) + (end - start);
    const first = charactersBefore(start);
    characters += charactersBefore(end) - first;
  }
  return {
    length: before[joined.length] as number,
    characters,
    lines: Uint32Array.from(ranges, ({ line }) => line),
    ...(stream.tokenizer ? { tokenizer: stream.tokenizer } : {}),
    read: async (start, end) => {
      const tokens = new Int32Array(end - start);
      for (let i = pieceAt(before, start); i < joined.length && (before[i] as number) < end; i++) {
        const { start: origin } = joined[i] as Piece;
        const [from, to] = [Math.max(start, before[i] as number), Math.min(end, before[i + 1] as number)];
        const shift = origin - (before[i] as number);
        tokens.set(await stream.read(from + shift, to + shift), from - start);
      }
      return tokens;
    },
    close: () => stream.close(),
  };
}

interface Piece {
  start: number;
  end: number;
}

/** Lines that touch are one piece. */
function joinedRanges(ranges: readonly LineRange[]): Piece[] {
  const joined: Piece[] = [];
  for (const { start, end } of ranges) {
    const last = joined.at(-1);
    if (last?.end === start) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

/** The piece that a token of the gathered stream is in. */
function pieceAt(before: Float64Array, token: number): number {
  let [low, high] = [0, before.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((before[middle] as number) <= token) low = middle;
    else high = middle;
  }
  return low;
}
