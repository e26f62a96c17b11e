import type { GradientFlow } from "../models/gradientFlow.js";
import type { Printer } from "./print.js";

/** Lags in the table, as far as there are so many. */
const shownLags = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** A table of norms by time lag, and what becomes of them in a step. */
export function printGradients(print: Printer, { layers, sequences }: GradientFlow): void {
  const farthest = sequences.length - 1;
  const lags = [...shownLags.filter((lag) => lag < farthest), farthest];
  print.object({
    gradients: layers.map(({ name, norms }) => ({ layer: name, norms: [...norms] })),
    sequences: [...sequences],
  });
  const width = layers.reduce((most, { name }) => Math.max(most, name.length), 0);
  const cell = (text: string) => text.padStart(9);
  print.line(
    `Norm of the gradient of a token's loss, by the steps from the state to it (mean of ${sequences[0]} places):`,
  );
  print.line(" ".repeat(width), ...lags.map((lag) => cell(String(lag))), "  in a step");
  for (const { name, norms } of layers) {
    const shown = lags.map((lag) => cell(norms[lag] === 0 ? "0" : (norms[lag] as number).toExponential(1)));
    print.line(name.padEnd(width), ...shown, `  ${trendOf(norms)}`);
  }
  print.line("");
}

/** By how much a norm changes from step to step on its way back, the mean from lag 1 to where it ends or is 0. */
function trendOf(norms: Float64Array): string {
  const end = norms.findLastIndex((norm) => norm > 0 && Number.isFinite(norm));
  if (end < 2 || !((norms[1] as number) > 0)) return "";
  const factor = ((norms[end] as number) / (norms[1] as number)) ** (1 / (end - 1));
  const word = factor < 0.99 ? " (vanishes)" : factor > 1.01 ? " (explodes)" : "";
  return `x ${factor.toFixed(3)}${word}`;
}
