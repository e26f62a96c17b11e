import { setImmediate } from "node:timers/promises";
import { counted, InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, double, list, object, option, optional, table, text, value, word } from "../options.js";
import type { FrameSequence, SequenceAt } from "./frames.js";
import { expectSequences, featureName, numberAt, sequencePlace } from "./frames.js";

/** How features are scaled. */
export const frameScalings = ["standard", "none"] as const;

/** The rules of the options that make the features of frames. */
export const frameFeaturesRules = table("FrameFeatures.of", {
  /**
   * Scale of the features: "standard", mean 0 and deviation 1, except for features that are only 0 or 1; or "none", as they are.
   * Default standard.
   */
  scaling: option(word(frameScalings, "standard"), { aka: ["scaler", "normalize"], onResume: "settled" }),
});

/** Options of `FrameFeatures.of`. @interface */
export type FrameFeaturesOptions = OptionsOf<typeof frameFeaturesRules>;

/** Shape of the features' JSON. */
export const frameFeaturesShape = object({
  kind: word(["features"]),
  names: optional(list(text({ empty: true }))),
  means: list(double()),
  deviations: list(double({ above: 0 })),
});

/** The features of frames, and the scale on which a model reads them: (x - mean) / deviation. */
export class FrameFeatures {
  readonly kind = "features";
  /** I */
  readonly size: number;

  /**
   * @param names of the features; null: they have none.
   * @param means [I] @param deviations [I], all above 0.
   */
  constructor(
    readonly names: readonly string[] | null,
    readonly means: readonly number[],
    readonly deviations: readonly number[],
  ) {
    this.size = means?.length;
    const asMany =
      deviations?.length === this.size && (names === null || (Array.isArray(names) && names.length === this.size));
    const areLists = [means, deviations].every(Array.isArray);
    const fit = areLists && means.every(Number.isFinite) && deviations.every((d) => Number.isFinite(d) && d > 0);
    if (this.size > 0 && asMany && fit) return;
    throw new InputError("FrameFeatures: expected as many names, means and deviations, these above 0.");
  }

  /**
   * The features of sequences. With the scaling "standard" each has mean 0 and deviation 1, but one that is only 0 or 1 stays as it is.
   * @throws InputError for sequences of different features, and a number that is missing or infinite.
   */
  static async of(sequences: readonly FrameSequence[], options: FrameFeaturesOptions = {}): Promise<FrameFeatures> {
    const { scaling } = completeOptions("FrameFeatures.of", options, frameFeaturesRules);
    const I = expectSequences("FrameFeatures.of", sequences, { labels: false });
    const names = sequences[0]?.features ?? null;
    const [means, squares] = [new Float64Array(I), new Float64Array(I)];
    const binary = new Array<boolean>(I).fill(true);
    let n = 0;
    for (const [index, sequence] of sequences.entries()) {
      await setImmediate();
      const at = { index, count: sequences.length };
      const T = sequence.frames.shape[0] as number;
      for (let t = 0; t < T; t++) {
        n++;
        for (let i = 0; i < I; i++) {
          const x = numberAt(sequence, at, { t, i, I });
          if (x !== 0 && x !== 1) binary[i] = false;
          // Welford (1962).
          const before = x - (means[i] as number);
          means[i] = (means[i] as number) + before / n;
          squares[i] = (squares[i] as number) + before * (x - (means[i] as number));
        }
      }
    }
    const scaled = binary.map((isBinary) => scaling === "standard" && !isBinary);
    // A feature that differs by rounding alone is constant.
    const deviationOf = (i: number) => {
      const deviation = Math.sqrt((squares[i] as number) / n);
      return deviation > 1e-6 * Math.abs(means[i] as number) ? deviation : 1;
    };
    return new FrameFeatures(
      names,
      scaled.map((own, i) => (own ? (means[i] as number) : 0)),
      scaled.map((own, i) => (own ? deviationOf(i) : 1)),
    );
  }

  /** The features that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: Record<string, unknown>): FrameFeatures {
    const { names, means, deviations } = json;
    return new FrameFeatures((names ?? null) as string[] | null, means as number[], deviations as number[]);
  }

  toJSON(): object {
    const { kind, names, means, deviations } = this;
    return { kind, ...(names ? { names } : {}), means, deviations };
  }
}

/** The rule of an option that is the features of frames. */
export const frameFeaturesRule = value<FrameFeatures>("FrameFeatures", (given) => given instanceof FrameFeatures);

/** @throws InputError for a sequence of other features. */
export function expectFeatures({ size, names }: FrameFeatures, sequence: FrameSequence, at: SequenceAt): void {
  const { frames, features } = sequence;
  const [, I] = frames.shape as [number, number];
  const place = sequencePlace(sequence, at);
  if (I !== size) {
    throw new InputError(
      `${place} has frames of ${counted(I, "feature")}, and the model reads ${size}: expected as many.`,
    );
  }
  const i = features && names ? features.findIndex((name, own) => name !== names[own]) : -1;
  if (i < 0) return;
  throw new InputError(
    `${place}: feature ${i} is ${featureName(features, i)}, and the model reads ${featureName(names, i)} there.`,
  );
}

/** The numbers of a sequence as a model reads them, [T,I]. @throws InputError for one that is missing or infinite. */
export function scaledFrames(
  { size: I, means, deviations }: FrameFeatures,
  sequence: FrameSequence,
  at: SequenceAt,
): Float32Array {
  const T = sequence.frames.shape[0] as number;
  const scaled = new Float32Array(T * I);
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < I; i++) {
      const x = numberAt(sequence, at, { t, i, I });
      scaled[t * I + i] = (x - (means[i] as number)) / (deviations[i] as number);
    }
  }
  return scaled;
}
