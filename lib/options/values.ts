import { describe, OptionError } from "../errors.js";

/** Options are one plain object. @throws OptionError for anything else. */
export function expectOptions(owner: string, options: unknown): Record<string, unknown> {
  if (options === undefined) return {};
  if (isRecord(options)) return options;
  throw new OptionError(`${owner}: expected an object of options, got ${describe(options)}.`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
