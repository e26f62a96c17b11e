import { expect, test } from "vitest";
import { gradientFlowSVG } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import type { Element } from "./wellFormed.js";
import { parseXml } from "./wellFormed.js";

function elements(node: Element, name: string): Element[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => elements(child, name))];
}

const linesOf = (curves: { name: string; norms: ArrayLike<number> }[]) =>
  elements(parseXml(gradientFlowSVG(curves)), "path")
    .filter((path) => path.attributes.class === "curve")
    .map((path) =>
      [...(path.attributes.d as string).matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
    );

test("a norm that changes by the same factor in each step is a straight line, whose slope is the logarithm of the factor", () => {
  const powers = (factor: number) => ({
    name: `${factor}`,
    norms: Float64Array.from({ length: 30 }, (_, k) => factor ** k),
  });
  const lines = linesOf([powers(0.5), powers(0.25), powers(1), powers(2)]);
  const drops = lines.map((points) => points.slice(1).map(([, y], i) => (y as number) - (points[i]?.[1] as number)));
  const [unit] = drops[0] as [number];
  for (const [line, times] of [1, 2, 0, -1].entries()) {
    for (const drop of drops[line] as number[]) expect(drop / unit).toBeCloseTo(times, 1);
  }
});

test("a norm of 0, or beyond what a scale can hold, ends a line", () => {
  expect(linesOf([{ name: "a", norms: [1, 0.1, 0.01, 0, 0] }])[0]).toHaveLength(3);
  expect(linesOf([{ name: "a", norms: [1, 1e20, 1e40, Number.POSITIVE_INFINITY] }])[0]).toHaveLength(2);
  expect(() => gradientFlowSVG([{ name: "a", norms: [0, Number.NaN] }])).toThrow(
    "gradientFlowSVG: expected a norm between 1e-30 and 1e30, found none in a.",
  );
  expect(
    linesOf([
      { name: "cell", norms: [0] },
      { name: "hidden", norms: [1] },
    ]),
  ).toHaveLength(1);
  const legend = gradientFlowSVG([
    { name: "cell", norms: [0] },
    { name: "hidden", norms: [1, 0.5] },
  ]);
  expect(legend).not.toContain("cell");
  expect(legend).toContain("hidden: norm 0.500, 1 step back");
});

test("norms from 1e-30 to 1e30 are drawn", () => {
  expect(linesOf([{ name: "a", norms: [1e-30, 1, 1e30] }])[0]).toHaveLength(3);
  expect(linesOf([{ name: "a", norms: [0.99e-30, 1, 1.01e30] }])[0]).toHaveLength(1);
});

test("the scale of norms has round numbers, powers of ten over many, and few of them over very many", () => {
  const scale = (norms: number[]) =>
    elements(parseXml(gradientFlowSVG([{ name: "a", norms }])), "text")
      .filter(({ attributes }) => attributes.class === "soft")
      .map(({ text }) => text);
  expect(scale([1])).toEqual(["0", "1", "1", "1.5"]);
  expect(scale([1, 0.1])).toEqual(["0", "1", "0.1", "0.2", "0.5", "1"]);
  const powers = ["0.000001", "0.00001", "0.0001", "0.001", "0.01", "0.1", "1"];
  expect(scale([1, 1e-6])).toEqual(["0", "1", ...powers]);
  expect(scale([1, 1e-20])).toEqual(["0", "1", "1e\u221220", "1e\u221215", "1e\u221210", "0.00001", "1"]);
  expect(scale(Array.from({ length: 22 }, () => 1)).slice(0, 5)).toEqual(["0", "5", "10", "15", "20"]);
});

test("names cannot break the picture, and nothing to draw is refused", () => {
  for (const name of hostile) expect(() => parseXml(gradientFlowSVG([{ name, norms: [1] }]))).not.toThrow();
  expect(() => gradientFlowSVG([])).toThrow("at least one element");
  expect(() => gradientFlowSVG([{ name: "a", norms: 3 as never }])).toThrow("expected curves[0]");
});
