import { OptionError } from "../errors.js";
import type { Rule } from "./rule.js";
import { expectOptions } from "./values.js";

/** Refuses options that do not exist, and says how one is called here that was misspelt or has another name elsewhere. */
export function expectKnownOptions(
  owner: string,
  options: object,
  known: readonly string[],
  rules: Readonly<Record<string, Rule<unknown>>> = {},
): void {
  for (const name of Object.keys(expectOptions(owner, options))) {
    if (known.includes(name)) continue;
    const own = ownName(name, rules);
    const hint = own ? `; here it is called ${own}.` : hintFor(name, known, rules);
    throw new OptionError(`${owner}: unknown option ${JSON.stringify(name)}${hint}`, own ? [own] : []);
  }
}

function hintFor(name: string, known: readonly string[], rules: Readonly<Record<string, Rule<unknown>>>): string {
  const held = heldName(name, rules);
  if (held) return `; it belongs to ${held}.`;
  const nearest = nearestName(name, known);
  return nearest ? `; did you mean ${nearest}?` : `. Known options: ${known.join(", ")}.`;
}

/** The place of an option in the value of another one: "optimizer: adam({ learningRate: ... })". */
function heldName(name: string, rules: Readonly<Record<string, Rule<unknown>>>): string | undefined {
  for (const [owner, { holds = {}, initial }] of Object.entries(rules)) {
    const variants = Object.keys(holds).sort((a, b) => Number(b === initial) - Number(a === initial));
    for (const variant of variants) {
      const table = holds[variant] ?? {};
      const own = Object.hasOwn(table, name) ? name : ownName(name, table);
      if (own !== undefined) return `${owner}: ${variant}({ ${own}: ... })`;
    }
  }
  return undefined;
}

/** The option that other libraries call by a name, in whatever case they write it. */
export function ownName(name: string, rules: Readonly<Record<string, Rule<unknown>>>): string | undefined {
  const plain = (text: string) => text.replace(/[-_]/g, "").toLowerCase();
  return Object.keys(rules).find((own) => rules[own]?.aka?.some((other) => plain(other) === plain(name)));
}

/** The one of some names that a misspelt one most likely stands for; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [lower, limit] = [name.toLowerCase(), Math.max(1, Math.floor(name.length / 3))];
  // Few misspell the first letter.
  const isAlike = (candidate: string) => candidate[0]?.toLowerCase() === lower[0];
  const ranked = known
    .map((candidate) => ({ candidate, distance: spokenDistance(candidate.toLowerCase(), lower) }))
    .sort((a, b) => a.distance - b.distance || Number(isAlike(b.candidate)) - Number(isAlike(a.candidate)));
  const [best] = ranked;
  if (best && best.distance <= limit && best.distance < name.length) return best.candidate;
  return known.find((candidate) => lower.length > 2 && candidate.toLowerCase().includes(lower));
}

/** Edits between two names, fewer where the consonants are the same: "trane" is "train", two edits away, before "trace", which is one. */
function spokenDistance(candidate: string, name: string): number {
  const [ours, theirs] = [name, candidate].map((text) => text.replace(/[aeiou]/g, "")) as [string, string];
  const isSpoken = ours.length > 2 && ours === theirs;
  return distanceBetween(name, candidate) - (isSpoken ? 1.5 : 0);
}

/** Edits between two short texts, a pair of letters the wrong way round being one (Damerau 1964, restricted). */
function distanceBetween(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      next.push(swapped ? Math.min(least, (before[j - 2] as number) + 1) : least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
