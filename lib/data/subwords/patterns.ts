import type { Component } from "./component.js";
import { translateExpression } from "./oniguruma.js";

/**
 * The global expression for the pattern of a Split or Replace.
 * @param mayMatchNothing whether it may match between two characters.
 * @throws InputError for an expression that is not read here, and for an empty text.
 */
export function compilePattern(component: Component, { mayMatchNothing = true } = {}): RegExp {
  const pattern = component.pattern();
  if ("literal" in pattern) {
    if (pattern.literal === "") throw component.refusal("an empty pattern is not supported.");
    return new RegExp(escaped(pattern.literal), "gv");
  }
  try {
    const { source, empty } = translateExpression(pattern.expression);
    if (empty && !mayMatchNothing) throw new Error("it can match nothing at all");
    return new RegExp(source, "gv");
  } catch (cause) {
    throw component.refusal(
      `the regular expression ${JSON.stringify(pattern.expression.slice(0, 200))} is not supported: ` +
        `${(cause as Error).message}.`,
    );
  }
}

function escaped(text: string): string {
  return Array.from(text, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`).join("");
}
