import { bestValidation } from "../formats/index.js";
import type { History } from "../train/events.js";
import { count, countOf, duration } from "./print.js";

/** The figures of a training that a report shows first. */
export function figuresOf({
  history,
  seconds,
  parameterCount,
}: {
  history: History | null;
  /** Spent training. */
  seconds: number;
  parameterCount: number;
}): [name: string, value: string][] {
  const best = bestValidation(history?.validations ?? []);
  const speeds = history?.steps.map(({ tokensPerSecond }) => tokensPerSecond).filter((speed) => speed > 0) ?? [];
  const speed = speeds.sort((a, b) => a - b)[speeds.length >> 1];
  const figures: [name: string, value: string][] = [];
  if (best) {
    figures.push(["validation loss", `${best.loss.toFixed(3)} nats`], ["perplexity", best.perplexity.toFixed(2)]);
    if (best.accuracy !== undefined) figures.push(["accuracy", `${(100 * best.accuracy).toFixed(2)} %`]);
    if (best.bitsPerCharacter) figures.push(["bits per character", best.bitsPerCharacter.toFixed(3)]);
  }
  if (speed) figures.push(["tokens per second", count(speed)]);
  if (seconds > 0) figures.push(["training time", duration(seconds)]);
  figures.push(["parameters", count(parameterCount)]);
  return figures;
}

/** The sentence below a report's title. @param last the newest point of the training's curve. */
export function summaryOf(description: string, last: { step: number; tokens: number } | undefined): string {
  const text = `${description[0]?.toUpperCase()}${description.slice(1)}`;
  return `${text}${last ? `, after ${countOf(last.step, "update")} on ${countOf(last.tokens, "token")}` : ""}.`;
}
