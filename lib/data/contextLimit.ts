import { counted, InputError, OptionError } from "../errors.js";

/** A text by the name that messages give it, and how long it is. */
export interface PlacedLength {
  readonly place: string;
  /** Tokens, its end left out. */
  readonly length: number;
  /** Whether a model also reads, or writes, its end. */
  readonly ends: boolean;
}

/** Tokens that a model reads of a text. */
export function tokensOf({ length, ends }: Omit<PlacedLength, "place">): number {
  return length + Number(ends);
}

const longerContext = "train a model with a longer context (contextLength; --context-length on the command line)";

/**
 * The error for a text that is longer than a model reads at once.
 * @param longest most tokens that it reads. @param remedy whatever helps besides a longer context.
 */
export function beyondContext({ place, ...text }: PlacedLength, longest: number, remedy = "Shorten it"): InputError {
  const whole = text.ends ? `, ${tokensOf(text)} with its end` : "";
  return new InputError(
    `${place} has ${counted(text.length, "token")}${whole}, and this model reads at most ${longest} (contextLength). ` +
      `${remedy}, or ${longerContext}.`,
  );
}

/** @throws OptionError for windows that are longer than a model reads at once. @param longest most tokens that it reads. */
export function expectWindows(who: string, windowLength: number, longest = Number.POSITIVE_INFINITY): void {
  if (windowLength <= longest) return;
  throw new OptionError(
    `${who}: this model reads at most ${longest} tokens at a time (contextLength), got windows of ${windowLength}. ` +
      `Make them shorter (windowLength; --window-length on the command line), or ${longerContext}.`,
    ["windowLength"],
  );
}
