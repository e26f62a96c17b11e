import { PCA } from "ml-pca";
import { InputError } from "../errors.js";
import { completeOptions, list, optional, text, value } from "../options.js";

export interface VectorMapInput {
  /** One for each vector: its sentence or phrase. */
  labels: readonly string[];
  /** All of one length. */
  vectors: readonly ArrayLike<number>[];
  /** One for each vector. */
  groups?: readonly string[];
}

const rules = {
  labels: list(text({ empty: true })),
  vectors: list(
    value<ArrayLike<number>>("an array of numbers", (vector) => Array.isArray(vector) || ArrayBuffer.isView(vector)),
  ),
  groups: optional(list(text({ empty: true }))),
};

/** Sentences or phrases on a plane. */
export interface VectorMap {
  points: { label: string; group?: string; x: number; y: number }[];
  /** How much of the variance lies along x and along y, 0 to 1. */
  shares: [x: number, y: number];
}

/**
 * The plane in which vectors differ most: their first two principal components, as in figure 2 of Sutskever, Vinyals & Le (2014)
 * and, by another method, figures 4 and 5 of Cho et al. (2014). Distances on it are at most those between the vectors.
 *
 * A component's sign means nothing; it is chosen so that the largest of its loadings is positive, and the same vectors always
 * give the same map. It costs n · d · min(n, d) for n vectors of d numbers, on the event loop: 500 of 1000 take some 8 seconds.
 *
 * @throws InputError for fewer than 3 vectors, vectors of unequal length, numbers that are not finite, or labels or groups of
 * another number than the vectors.
 */
export function vectorMap(input: VectorMapInput): VectorMap {
  const vectors = checked(input);
  const { labels, groups } = input;
  // Neither the squares of great numbers nor those of small ones may leave the range of a double.
  const scale = vectors.flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const scaled = vectors.map((vector) => vector.map((value) => value / scale));
  const pca = new PCA(scaled, { center: true, scale: false });
  const projected = pca.predict(scaled).to2DArray();
  const loadings = pca.getLoadings().to2DArray();
  const variances = pca.getEigenvalues();
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  // Where vectors are all the same, what is left is rounding; where they are numbers, there is no second direction.
  const same = total < 100 * Number.EPSILON ** 2 * (vectors[0] as number[]).length;
  const share = (c: number) => (same ? 0 : (variances[c] ?? 0) / total);
  const sign = (c: number) =>
    (loadings[c] ?? []).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0) < 0 ? -1 : 1;
  const [unitX, unitY] = same ? [0, 0] : [sign(0) * scale, sign(1) * scale];
  const points = labels.map((label, i) => {
    const [x = 0, y = 0] = projected[i] as number[];
    return { label, ...(groups ? { group: groups[i] as string } : {}), x: unitX * x, y: unitY * y };
  });
  return { points, shares: [share(0), share(1)] };
}

function checked(input: VectorMapInput): number[][] {
  const who = "vectorMap";
  const { labels, vectors, groups } = completeOptions(who, input, rules);
  if (vectors.length < 3) throw new InputError(`${who}: a map needs at least 3 vectors, got ${vectors.length}.`);
  if (labels.length !== vectors.length || (groups && groups.length !== vectors.length)) {
    const counts = `${labels.length} labels${groups ? ` and ${groups.length} groups` : ""}`;
    throw new InputError(`${who}: got ${counts} for ${vectors.length} vectors.`);
  }
  const length = vectors[0]?.length as number;
  if (length === 0) throw new InputError(`${who}: the vectors are empty.`);
  return vectors.map((vector, i) => {
    const where = `vector ${i} (${JSON.stringify(labels[i])})`;
    if (vector.length !== length) {
      throw new InputError(`${who}: ${where} has ${vector.length} numbers, vector 0 has ${length}.`);
    }
    const values = Array.from(vector);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new InputError(`${who}: ${where} is ${values[wrong]} at ${wrong}.`);
    return values;
  });
}
