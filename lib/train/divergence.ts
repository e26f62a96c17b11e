import { OstinatoError } from "../errors.js";
import type { Communicator } from "../executor/communicator.js";

/** The parts of a DivergenceError's message. */
export interface Divergence {
  /** Updates done, the one included that was being made. */
  step: number;
  /** The layer whose op first wrote a value that is not finite. */
  layer: string;
  /** The value that was not finite, to follow a colon. */
  what: string;
  /** A sentence about the parameters that the model has now. */
  parameters: string;
  /** Advice what to change: a sentence. */
  advice: string;
}

/** Training met a NaN or an infinity. The message says which parameters the model has now; they are finite where it can be helped. */
export class DivergenceError extends OstinatoError {
  readonly step: number;
  readonly layer: string;
  /** The parts of the message. */
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    const { step, layer, what, parameters, advice } = divergence;
    super(`Training diverged at step ${step}: ${what}. ${parameters} ${advice}`, { code: "ERR_OSTINATO_DIVERGED" });
    this.step = step;
    this.layer = layer;
    this.divergence = divergence;
  }
}

/** The value that is not finite, for messages: where an op of a program wrote the first one. */
export function firstNonFinite(op: { name: string; path: string } | undefined): { layer: string; what: string } {
  const layer = op?.path || "unknown";
  return {
    layer,
    what: `the first value that is not finite came from ${op?.name ?? "an op"} in layer "${layer}"`,
  };
}

/** Finding of the first of several ranks that found something; null if none has. */
export async function firstFound<Found>(
  found: Found | null,
  communicator: Communicator | undefined,
): Promise<Found | null> {
  if (!communicator) return found;
  const all = await communicator.gather(Buffer.from(JSON.stringify(found)));
  return all.map((one) => JSON.parse(Buffer.from(one).toString()) as Found | null).find((one) => one !== null) ?? null;
}

/** Why a training that has come to its end is not kept where an old model would go for it. */
export function explosion(at: { step: number; first: number; last: number; folder: string }): DivergenceError {
  return new DivergenceError({
    step: at.step,
    layer: "loss",
    what: `the loss is ${at.last.toPrecision(3)}, after ${at.first.toPrecision(3)} in the first step`,
    parameters: `${at.folder} holds the model that it held before.`,
    advice: "Lower the learning rate.",
  });
}
