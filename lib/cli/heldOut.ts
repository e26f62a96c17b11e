import { OptionError } from "../errors.js";

/** The meaning of --validation: files to measure on, or a share of the input to hold out. */
export type HeldOut = { readonly files: readonly string[] } | { readonly share: number };

/** @throws OptionError for a share outside 0 to 1, or one among files. */
export function heldOut(words: readonly string[]): HeldOut {
  const [first = "", ...more] = words;
  const share = first.trim() === "" ? Number.NaN : Number(first);
  if (Number.isNaN(share) && first.trim() !== "") return { files: words };
  if (share >= 0 && share < 1 && more.length === 0) return { share };
  const given = words.map((word) => JSON.stringify(word)).join(" ");
  throw new OptionError(`train: expected --validation to be files, or one share from 0 to below 1, got ${given}.`);
}
