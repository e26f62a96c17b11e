/** A stretch of text from `start` to `end`, and whether the pattern matches it. Stretches cover the text in order. */
interface Stretch {
  start: number;
  end: number;
  matches: boolean;
}

export const splitBehaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;

export type SplitBehavior = (typeof splitBehaviors)[number];

export interface Split {
  readonly behavior: SplitBehavior;
  /** Takes what the pattern does not match for a match. */
  readonly invert: boolean;
}

/**
 * The pieces of a text, cut where a global expression matches. A piece that is left out at the front of the text is "", so
 * that the caller can tell; others are not there.
 */
export function splitText(text: string, pattern: RegExp, { behavior, invert }: Split): string[] {
  if (behavior === (invert ? "Removed" : "Isolated")) {
    // Nearly all patterns of Split match all of the text: then the matches are the pieces.
    const pieces: string[] = text.match(pattern) ?? [];
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length === text.length && !pieces.includes("")) return pieces;
  }
  const stretches = stretchesOf(text, pattern);
  if (invert) for (const stretch of stretches) stretch.matches = !stretch.matches;
  if (behavior === "Removed") {
    return stretches
      .map(({ start, end, matches }) => (matches ? "" : text.slice(start, end)))
      .filter((piece, i) => piece !== "" || i === 0);
  }
  return merged(stretches, behavior)
    .map(({ start, end }) => text.slice(start, end))
    .filter((piece) => piece !== "");
}

/** As the library's engine finds them: a match of nothing at the front, or right after another match, does not count. */
function stretchesOf(text: string, pattern: RegExp): Stretch[] {
  const stretches: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const start = match.index;
    if (match[0] === "" && start === end) continue;
    if (end !== start) stretches.push({ start: end, end: start, matches: false });
    end = start + match[0].length;
    stretches.push({ start, end, matches: true });
  }
  if (end !== text.length) stretches.push({ start: end, end: text.length, matches: false });
  return stretches;
}

function merged(stretches: readonly Stretch[], behavior: Exclude<SplitBehavior, "Removed">): readonly Stretch[] {
  if (behavior === "Isolated") return stretches;
  const backwards = behavior === "MergedWithNext";
  const joined: Stretch[] = [];
  let previous = false;
  for (const stretch of backwards ? [...stretches].reverse() : stretches) {
    const last = joined.at(-1);
    const joins = behavior === "Contiguous" ? stretch.matches === previous : stretch.matches && !previous;
    previous = stretch.matches;
    if (!joins || !last) joined.push({ ...stretch });
    else if (backwards) last.start = stretch.start;
    else last.end = stretch.end;
  }
  return backwards ? joined.reverse() : joined;
}
