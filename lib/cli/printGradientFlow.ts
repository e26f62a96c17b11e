import type { GradientFlow } from "../models/gradientFlow.js";
import type { Printer } from "./print.js";
import { countOf } from "./print.js";

/** Lags in the table, up to the farthest. */
const shownLags = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Steps from which the trend of a norm can be told. */
const fewestSteps = 10;

/** A table of norms by time lag, and what becomes of them in a step. @returns its numbers. */
export function printGradientFlow(print: Printer, { layers, sequences }: GradientFlow) {
  const farthest = sequences.length - 1;
  const lags = [...shownLags.filter((lag) => lag < farthest), farthest];
  const width = layers.reduce((most, { name }) => Math.max(most, name.length), 0);
  const cell = (text: string) => text.padStart(9);
  const places = countOf(sequences[0] as number, "place");
  print.line(`Norm of the gradient of a token's loss, by the steps from the state to it (mean of ${places}):`);
  print.line(" ".repeat(width), ...lags.map((lag) => cell(String(lag))), "  in a step");
  for (const { name, norms } of layers) {
    const shown = lags.map((lag) => cell(norms[lag] === 0 ? "0" : (norms[lag] as number).toExponential(1)));
    print.line(name.padEnd(width), ...shown, `  ${trendOf(norms)}`);
  }
  print.line("");
  const gradients = layers.map(({ name, norms }) => ({ layer: name, norms: [...norms] }));
  return { gradients, sequences: [...sequences] };
}

/**
 * The factor by which a norm changes from step to step on its way back, the mean up to where it ends or is 0;
 * "" for too few steps. In a lower layer it first rises, until the gradient has come down through those
 * above: it is measured from its largest value on, and of one that rises to the end the farther half.
 */
export function trendOf(norms: Float64Array): string {
  const end = norms.findLastIndex((norm) => norm > 0 && Number.isFinite(norm));
  let largest = 0;
  for (let lag = 1; lag <= end; lag++) if ((norms[lag] as number) > (norms[largest] as number)) largest = lag;
  const start = end - largest >= fewestSteps ? largest : Math.ceil(end / 2);
  const steps = end - start;
  if (steps < fewestSteps || !((norms[start] as number) > 0)) return "";
  const factor = ((norms[end] as number) / (norms[start] as number)) ** (1 / steps);
  const word = factor < 0.99 ? " (vanishes)" : factor > 1.01 ? " (explodes)" : "";
  return `x ${factor.toFixed(3)}${word}`;
}
