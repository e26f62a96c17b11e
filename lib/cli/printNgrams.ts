import type { NgramProbability } from "../models/ngramModel/ngramMeasure.js";
import { table, word } from "../options.js";
import type { Printer } from "./print.js";
import { oneCell } from "./print.js";

/** Nats in a unit of each base. */
export const logBases = { e: 1, "2": Math.LN2, "10": Math.LN10 } as const;

/** How log-probabilities of words are printed. */
export const logFlags = table("log base", {
  /** Base of the logarithms of words: e for nats, 2 for bits, 10 as SRILM and KenLM print them. Default e. */
  logBase: word(["e", "2", "10"], "e"),
});

/** A table of the words of a text, printed as they come. */
export class TokenTable {
  readonly #print: Printer;
  readonly #unit: number;

  /** @param base of the logarithms. */
  constructor(print: Printer, base: "e" | "2" | "10") {
    this.#print = print;
    this.#unit = logBases[base];
    print.line(`${`log p, base ${base}`.padStart(14)}  probability  order  token`);
  }

  rows(tokens: NgramProbability["tokens"]): void {
    for (const { token, logProbability, order, unknown } of tokens) {
      const figures = [this.#log(logProbability), Math.exp(logProbability).toPrecision(4).padStart(11)];
      const name = `${oneCell(token)}${unknown ? "  (unknown)" : ""}`;
      this.#print.line(`${figures.join("  ")}  ${String(order).padStart(5)}  ${name}`);
    }
  }

  total(logProbability: number): void {
    this.#print.line(`${this.#log(logProbability)}  in all`);
  }

  #log(logProbability: number): string {
    return (logProbability / this.#unit).toFixed(4).padStart(14);
  }
}
