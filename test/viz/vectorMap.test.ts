import { expect, test } from "vitest";
import { InputError } from "../../lib/errors.js";
import { vectorMap, vectorMapSVG } from "../../lib/viz/index.js";
import { placeLabels } from "../../lib/viz/labelPlacement.js";
import { hostile } from "./hostile.js";
import { every, expectPicture, ofClass } from "./wellFormed.js";

/** Numbers between -1 and 1 that look like noise. */
const noise = (i: number) => ((Math.sin(i * 12.9898) * 43758.5453) % 1) as number;
const cloud = (count: number, size: number) =>
  Array.from({ length: count }, (_, i) => Float32Array.from({ length: size }, (_, j) => noise(1 + i * size + j)));
const named = (vectors: readonly ArrayLike<number>[]) => vectors.map((_, i) => `sentence ${i}`);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);

test("an ellipse that was turned by 30 degrees lies straight on the map, with its own axes", () => {
  const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const angles = Array.from({ length: 12 }, (_, i) => (i * Math.PI) / 6);
  const vectors = angles.map((a) => {
    const [long, short] = [3 * Math.cos(a), Math.sin(a)];
    return [5 + cos * long - sin * short, -2 + sin * long + cos * short];
  });
  const { points, shares } = vectorMap({ labels: named(vectors), vectors });
  for (const [i, a] of angles.entries()) {
    expect(points[i]?.x).toBeCloseTo(3 * Math.cos(a), 10);
    expect(Math.abs(points[i]?.y as number)).toBeCloseTo(Math.abs(Math.sin(a)), 10);
  }
  expect(shares[0]).toBeCloseTo(0.9, 10);
  expect(shares[1]).toBeCloseTo(0.1, 10);
});

test("the variances along the axes are eigenvalues of the covariance, and the first is the largest", () => {
  const vectors = cloud(40, 3);
  const { points, shares } = vectorMap({ labels: named(vectors), vectors });
  const columns = [0, 1, 2].map((j) => vectors.map((vector) => vector[j] as number));
  const covariance = columns.map((a) =>
    columns.map((b) => a.reduce((sum, x, i) => sum + (x - mean(a)) * ((b[i] as number) - mean(b)), 0) / 39),
  );
  const total = columns.reduce((sum, column) => sum + variance(column), 0);
  const along = [points.map(({ x }) => x), points.map(({ y }) => y)].map(variance) as [number, number];
  for (const [c, value] of along.entries()) {
    expect(determinant(covariance.map((row, i) => row.map((x, j) => x - (i === j ? value : 0))))).toBeCloseTo(0, 10);
    expect(shares[c]).toBeCloseTo(value / total, 6);
  }
  // The third is what remains of the trace.
  expect(along[0]).toBeGreaterThan(along[1]);
  expect(along[1]).toBeGreaterThan(total - along[0] - along[1]);
});

test("three vectors lie on a plane, so that their map keeps their distances, in 50 dimensions too", () => {
  const vectors = cloud(3, 50);
  const { points, shares } = vectorMap({ labels: named(vectors), vectors });
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const [p, q] = [points[a]!, points[b]!];
    const apart = Math.hypot(...Array.from(vectors[a]!, (x, j) => x - (vectors[b]![j] as number)));
    expect(Math.hypot(p.x - q.x, p.y - q.y)).toBeCloseTo(apart, 10);
  }
  expect(shares[0] + shares[1]).toBeCloseTo(1, 10);
});

test("the order of the vectors and their unit do not turn the map around", () => {
  const vectors = cloud(20, 6);
  const map = vectorMap({ labels: named(vectors), vectors });
  const back = vectorMap({ labels: named(vectors), vectors: [...vectors].reverse() });
  const tiny = vectorMap({ labels: named(vectors), vectors: vectors.map((v) => Array.from(v, (x) => x * 1e-200)) });
  for (const [i, { x, y }] of map.points.entries()) {
    expect(back.points[19 - i]?.x).toBeCloseTo(x, 10);
    expect(back.points[19 - i]?.y).toBeCloseTo(y, 10);
    expect((tiny.points[i]?.x as number) * 1e200).toBeCloseTo(x, 10);
  }
});

test("vectors that differ in one direction, or in none, still make a picture", () => {
  const line = vectorMap({ labels: ["a", "b", "c"], vectors: [[1], [2], [4]] });
  expect(line.shares).toEqual([1, 0]);
  expect(line.points.every(({ y }) => y === 0)).toBe(true);
  const same = vectorMap({ labels: ["a", "b", "c"], vectors: cloud(1, 4).flatMap((v) => [v, v, v]) });
  expect(same.shares).toEqual([0, 0]);
  const none = vectorMap({
    labels: ["a", "b", "c"],
    vectors: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  });
  expect(none.points.map(({ x, y }) => [x, y])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  for (const map of [line, same, none]) expectPicture(vectorMapSVG(map));
});

test("labels do not overlap, nor cover another point, nor leave the frame", () => {
  const frame = { x: 50, y: 20, width: 800, height: 500 };
  const points = Array.from({ length: 150 }, (_, i) => ({
    x: 450 + 380 * noise(2 * i + 1) ** 3,
    y: 270 + 230 * noise(2 * i + 2),
    label: i % 3 ? "a man is walking his dog" : "\ub098\ub294 \ud559\uad50\uc5d0 \uac04\ub2e4",
  }));
  const placed = placeLabels(points, { frame, size: 12, radius: 4 });
  expect(placed.length).toBeGreaterThan(30);
  for (const [i, a] of placed.entries()) {
    expect(a.x >= 50 && a.y >= 20 && a.x + a.width <= 850 && a.y + a.height <= 520).toBe(true);
    for (const b of placed.slice(i + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart).toBe(true);
    }
    for (const [p, { x, y }] of points.entries()) {
      const covered = x > a.x && x < a.x + a.width && y > a.y && y < a.y + a.height;
      if (p !== a.point) expect(covered).toBe(false);
    }
  }
});

test("labels that are drawn and labels that are said to be left out are all labels; every point has a tooltip", () => {
  const vectors = cloud(200, 8);
  const svg = vectorMapSVG(vectorMap({ labels: vectors.map((_, i) => `a man and a dog, number ${i}`), vectors }));
  const picture = expectPicture(svg);
  const [, left] = /(\d+) of 200 labels left out/.exec(svg) ?? [];
  expect(ofClass(picture, "label").length + Number(left)).toBe(200);
  const tooltips = ofClass(picture, "point").map(({ children }) => children[0]?.text);
  expect(tooltips).toEqual(vectors.map((_, i) => `a man and a dog, number ${i}`));
});

test("both axes have one scale, and all points lie inside of the frame, however long or high the map is", () => {
  for (const [width, height] of [
    [4, 1],
    [1, 4],
    [40, 1],
    [1, 40],
  ] as const) {
    const places = [
      [-1, 2],
      [width - 1, 2],
      [-1, height + 2],
    ] as const;
    const points = places.map(([x, y], i) => ({ label: `${i}`, x, y }));
    const picture = expectPicture(vectorMapSVG({ points, shares: [0.5, 0.5] }));
    const [origin, right, up] = ofClass(picture, "point").map(({ attributes }) =>
      (attributes.transform?.match(/[\d.]+/g) ?? []).map(Number),
    ) as [number, number][] as [[number, number], [number, number], [number, number]];
    expect([right[1], up[0]]).toEqual([origin[1], origin[0]]);
    const [across, above] = [right[0] - origin[0], origin[1] - up[1]];
    expect(Math.abs(across * height - above * width)).toBeLessThan(0.02 * Math.max(width, height));
    const frame = every(picture).find(({ attributes }) => attributes.class === "softLine")?.attributes;
    const [x, y, w, h] = [frame?.x, frame?.y, frame?.width, frame?.height].map(Number) as [
      number,
      number,
      number,
      number,
    ];
    for (const [pointX, pointY] of [origin, right, up]) {
      expect(pointX > x && pointX < x + w && pointY > y && pointY < y + h).toBe(true);
    }
    // The longer side fills most of the frame.
    expect(Math.max(across / w, above / h)).toBeGreaterThan(0.75);
  }
});

test("35 groups are 35 different marks, and hostile labels are text", () => {
  const vectors = cloud(35, 4);
  const labels = vectors.map((_, i) => hostile[i % hostile.length] as string);
  const groups = vectors.map((_, i) => `${hostile[i % hostile.length]} ${i}`);
  const picture = expectPicture(vectorMapSVG(vectorMap({ labels, vectors, groups })));
  const marks = ofClass(picture, "point").filter(({ children }) => children.length > 0);
  expect(new Set(marks.map(({ attributes }) => `${attributes.fill} ${attributes.d}`)).size).toBe(35);
  expect(every(picture).some(({ name }) => name === "script")).toBe(false);
});

test("a label is drawn up to 30 letters, and said whole", () => {
  const names = ["a".repeat(30), "b".repeat(31)];
  const points = names.map((label, i) => ({ label, x: i, y: i }));
  const svg = vectorMapSVG({ points, shares: [1, 0] });
  expect(svg).toContain(`>${names[0]}</text>`);
  expect(svg).toContain(`>${"b".repeat(29)}…</text>`);
  expect(svg).toContain(`<title>${names[1]}</title>`);
});

test("the axes say their shares of the variance", () => {
  const svg = vectorMapSVG({ points: [0, 1, 2].map((i) => ({ label: "a", x: i, y: i % 2 })), shares: [0.6213, 0.2] });
  expect(svg).toContain("first component, 62.1 % of the variance");
  expect(svg).toContain("second component, 20.0 % of the variance");
});

test("vectors that make no map are refused with their number", () => {
  const of =
    (vectors: number[][], labels = ["a", "b", "c"]) =>
    () =>
      vectorMap({ labels, vectors });
  expect(of([[1], [2]], ["a", "b"])).toThrow(new InputError("vectorMap: a map needs at least 3 vectors, got 2."));
  expect(of([[1, 2], [1, 2], [1]])).toThrow('vector 2 ("c") has 1 numbers, vector 0 has 2.');
  expect(of([[1], [2], [Number.NaN]])).toThrow('vector 2 ("c") is NaN at 0.');
  expect(of([[1], [Number.POSITIVE_INFINITY], [2]])).toThrow('vector 1 ("b") is Infinity at 0.');
  expect(of([[1], [2], [3]], ["a"])).toThrow("got 1 labels for 3 vectors.");
  expect(of([[], [], []])).toThrow("the vectors are empty");
});

function determinant([a, b, c]: number[][]): number {
  const [x, y, z] = [a, b, c] as [number[], number[], number[]];
  return (
    x[0]! * (y[1]! * z[2]! - y[2]! * z[1]!) -
    x[1]! * (y[0]! * z[2]! - y[2]! * z[0]!) +
    x[2]! * (y[0]! * z[1]! - y[1]! * z[0]!)
  );
}

test("each axis points where the largest of its coordinates grows", () => {
  // Along the first coordinate far, along the second less, both against their signs.
  for (const [far, near] of [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ] as const) {
    const vectors = [
      [-9, 0],
      [9, 0],
      [0, -2],
      [0, 2],
      [-4, 0],
      [4, 0],
    ].map(([x, y]) => [far * Number(x), near * Number(y)]);
    const { points } = vectorMap({ labels: named(vectors), vectors });
    for (const [i, [x, y]] of vectors.entries()) {
      expect(points[i]?.x).toBeCloseTo(Number(x), 8);
      expect(points[i]?.y).toBeCloseTo(Number(y), 8);
    }
  }
});
