import type { Tokens } from "./tokens.js";
import { expectTokens } from "./tokens.js";

/**
 * The least number of tokens to insert, delete or replace to make one sequence of the other.
 * Source: Levenshtein (1966); the table is Wagner & Fischer (1974), of which one row is kept. Costs the product of both lengths.
 * @throws InputError if one is not an array of tokens; of a text, `[...text]` is.
 */
export function editDistance<T>(a: Tokens<T>, b: Tokens<T>): number {
  expectTokens("editDistance", "a", a);
  expectTokens("editDistance", "b", b);
  // row[j]: from the first i tokens of a to the first j of b.
  const row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const token = a[i - 1];
    let diagonal = row[0] as number;
    let left = (row[0] = i);
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] as number;
      const replaced = token === b[j - 1] ? diagonal : diagonal + 1;
      row[j] = left = Math.min(replaced, above + 1, left + 1);
      diagonal = above;
    }
  }
  return row[b.length] as number;
}
