import { OstinatoError } from "../errors.js";

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
