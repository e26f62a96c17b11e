import type { Tokenizer } from "../data/index.js";
import type { TokenAutomaton } from "../search/index.js";

/**
 * States of a reader of UTF-8 (The Unicode Standard, table 3-7): 0 between two characters; 1, 2, 3 with that number of bytes to
 * come; 4 to 7 after E0, ED, F0 and F4, whose next byte has a range of its own.
 */
const states = 8;

const [between, afterE0, afterED, afterF0, afterF4] = [0, 4, 5, 6, 7];

/** By state but 0: the range of the next byte, and the state after it. */
const continued: readonly (readonly [low: number, high: number, next: number])[] = [
  [0x80, 0x7f, -1],
  [0x80, 0xbf, 0],
  [0x80, 0xbf, 1],
  [0x80, 0xbf, 2],
  [0xa0, 0xbf, 1],
  [0x80, 0x9f, 1],
  [0x90, 0xbf, 2],
  [0x80, 0x8f, 2],
];

/** The states after first bytes whose second one has a range of its own. */
const statesAfterLead = new Map([
  [0xe0, afterE0],
  [0xed, afterED],
  [0xf0, afterF0],
  [0xf4, afterF4],
]);

/** The state after a byte; -1 where UTF-8 has no such byte. */
function stateAfterByte(state: number, byte: number): number {
  if (state !== between) {
    const [low, high, next] = continued[state] as (typeof continued)[number];
    return byte >= low && byte <= high ? next : -1;
  }
  if (byte < 0x80) return between;
  if (byte < 0xc2 || byte > 0xf4) return -1;
  if (byte < 0xe0) return 1;
  return statesAfterLead.get(byte) ?? (byte < 0xf0 ? 2 : 3);
}

const known = new WeakMap<Tokenizer, TokenAutomaton | null>();

/**
 * Which tokens keep a text UTF-8, so that what is written never holds a broken character: no token may follow that breaks
 * one, nor one after which no token could complete it. Null where every token is whole characters.
 */
export function wholeText(tokenizer: Tokenizer): TokenAutomaton | null {
  const before = known.get(tokenizer);
  if (before !== undefined) return before;
  const automaton = tokenizer.kind === "byte" || tokenizer.kind === "subword" ? automatonOf(tokenizer) : null;
  known.set(tokenizer, automaton);
  return automaton;
}

function automatonOf(tokenizer: Tokenizer): TokenAutomaton | null {
  const classes = new Map<string, number>();
  const rows: number[][] = [];
  const classOf = Int32Array.from({ length: tokenizer.size }, (_, id) => {
    const bytes = tokenizer.tokenBytes(id);
    const row = Array.from({ length: states }, (_, state) => {
      // A token of no bytes, such as a mark, stands between characters.
      if (bytes.length === 0) return state === between ? between : -1;
      return bytes.reduce((at, byte) => (at < 0 ? at : stateAfterByte(at, byte)), state);
    });
    const key = row.join();
    const own = classes.get(key) ?? rows.push(row) - 1;
    classes.set(key, own);
    return own;
  });
  const next = withoutDeadEnds(rows);
  const whole = rows.length === 1 && next[0] === between;
  return whole ? null : { states, classOf, next };
}

/** [classes, states] without the ways into states that lead nowhere. */
function withoutDeadEnds(rows: readonly (readonly number[])[]): Int32Array {
  const next = Int32Array.from(rows.flat());
  const alive = new Set([between]);
  for (let before = 0; before < alive.size; ) {
    before = alive.size;
    for (const [i, state] of next.entries()) if (alive.has(state)) alive.add(i % states);
  }
  return next.map((state) => (alive.has(state) ? state : -1));
}

/** The text that tokens add; a last character whose end was cut off is left out. */
export function textOf(tokenizer: Tokenizer, tokens: readonly number[]): string {
  const decoder = tokenizer.decoder();
  return tokens.map((token) => decoder.push(token)).join("") + decoder.end();
}
