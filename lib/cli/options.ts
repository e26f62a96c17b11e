import { InvalidArgumentError } from "commander";

/** Option parsers for commander: they refuse what is no number, so that commands only see numbers. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("it must be a number.");
  return value;
}

export function whole(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("it must be a whole number of at least 0.");
  return value;
}

/** A length penalty of beam search. */
export function penalty(text: string): number | "average" {
  return text === "average" ? text : number(text);
}

/** The entries of an object that are not undefined: options that were not given keep the library's defaults. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
