/** The walk of every recurrent unit over a text. */
export interface ActivationTrace {
  /** One entry for each token, as it stands in the text. */
  tokens: readonly string[];
  layers: readonly ActivationLayer[];
  /** How far open the gates were while each token was read. */
  gates?: readonly ActivationLayer[];
  /** Bits of surprise of each token; 0 for the first. */
  surprise: Float32Array;
}

export interface ActivationLayer {
  /** "layer 1 cell". */
  name: string;
  kind: string;
  units: number;
  /** [tokens, units] */
  values: Float32Array;
}

export const textFeatures = ["quotes", "line", "brackets", "capitals", "spaces", "variance"] as const;

/** Something about a text that a unit might watch for (Karpathy, Johnson & Fei-Fei 2015). */
export type TextFeature = (typeof textFeatures)[number];

export const featureTitles: Readonly<Record<TextFeature, string>> = {
  quotes: "inside quotation marks",
  line: "position in the line",
  brackets: "inside brackets",
  capitals: "capital letters",
  spaces: "after a space",
  variance: "how much it moves",
};

export interface RankedUnit {
  layer: number;
  unit: number;
  /** Correlation with the feature, -1 to 1; for "variance" the variance. */
  score: number;
}

/** The value of a feature at each token of a text. */
export function featureOf(tokens: readonly string[], feature: Exclude<TextFeature, "variance">): Float64Array {
  let quoted = false;
  let depth = 0;
  let column = 0;
  let previous = " ";
  return Float64Array.from(tokens, (token) => {
    if (/["\u201c\u201d]/.test(token)) quoted = !quoted;
    if (/[([{]/.test(token)) depth += 1;
    const inside = depth > 0;
    if (/[)\]}]/.test(token)) depth = Math.max(0, depth - 1);
    const value = {
      quotes: Number(quoted),
      line: column,
      brackets: Number(inside),
      capitals: Number(/\p{Lu}/u.test(token)),
      spaces: Number(/\s$/u.test(previous)),
    }[feature];
    column = token.includes("\n") ? 0 : column + token.length;
    previous = token;
    return value;
  });
}

/** All units, those that go best with a feature first. */
export function rankUnits(trace: ActivationTrace, feature: TextFeature): RankedUnit[] {
  const wanted = feature === "variance" ? null : featureOf(trace.tokens, feature);
  const ranked = trace.layers.flatMap(({ units }, layer) =>
    Array.from({ length: units }, (_, unit) => {
      const values = unitValues(trace, { layer, unit });
      return { layer, unit, score: wanted ? correlation(values, wanted) : variance(values) };
    }),
  );
  return ranked.sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
}

/** The features that occur in a text, the one that a single unit follows best first; "variance" last. */
export function rankFeatures(trace: ActivationTrace): TextFeature[] {
  const best = (feature: TextFeature) => Math.abs(rankUnits(trace, feature)[0]?.score ?? 0);
  return textFeatures
    .map((feature) => ({ feature, score: feature === "variance" ? Number.MIN_VALUE : best(feature) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ feature }) => feature);
}

/** One unit's activation at each token. */
export function unitValues(trace: ActivationTrace, { layer, unit }: { layer: number; unit: number }): Float64Array {
  const { units, values } = trace.layers[layer] as ActivationLayer;
  return Float64Array.from(trace.tokens, (_, t) => values[t * units + unit] as number);
}

function mean(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value, 0) / Math.max(1, x.length);
}

function variance(x: Float64Array): number {
  const m = mean(x);
  return x.reduce((sum, value) => sum + (value - m) ** 2, 0) / Math.max(1, x.length);
}

/** Pearson's correlation; 0 where one of the two never moves. */
function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [mean(a), mean(b)];
  let shared = 0;
  for (let i = 0; i < a.length; i++) shared += ((a[i] as number) - ma) * ((b[i] as number) - mb);
  const scale = Math.sqrt(variance(a) * variance(b)) * a.length;
  return scale > 1e-12 ? shared / scale : 0;
}
