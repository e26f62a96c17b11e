import { expect, test } from "vitest";
import { gateShares, gatesSVG } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import type { Element } from "./wellFormed.js";
import { parseXml } from "./wellFormed.js";

const gate = (name: string, units: number, values: number[]) => ({
  name,
  kind: "f",
  units,
  values: Float32Array.from(values),
});

function elements(node: Element, name: string): Element[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => elements(child, name))];
}

/** x, y and side of a square. */
type Box = [number, number, number];

test("open is above 0.9 and shut below 0.1, in shares of the tokens for each unit and of both together", () => {
  // Two units over four tokens.
  const [share] = gateShares([gate("layer 1 forget gate", 2, [0.95, 0.05, 0.91, 0.5, 0.89, 0.09, 1, 0.11])]);
  expect(share).toEqual({
    name: "layer 1 forget gate",
    kind: "f",
    open: 3 / 8,
    shut: 2 / 8,
    units: [
      { open: 3 / 4, shut: 0 },
      { open: 0, shut: 2 / 4 },
    ],
  });
});

test("a unit lies as far to the right as it is shut, and as high as it is open", () => {
  const picture = parseXml(gatesSVG(gateShares([gate("f", 3, [1, 0, 0.5, 1, 0, 0.5])])));
  const [, box] = elements(picture, "rect").map(({ attributes }) => attributes);
  const [x, y, side] = [box?.x, box?.y, box?.width].map(Number) as [number, number, number];
  const places = elements(picture, "circle").map(({ attributes: { cx, cy } }) => [Number(cx), Number(cy)]);
  expect(places).toEqual([
    [x, y],
    [x + side, y + side],
    [x, y + side],
  ]);
});

test("three gates stand in a row, the others below, and none is cut off", () => {
  const shares = gateShares(["a", "b", "c", "d", "e"].map((name) => gate(name, 1, [1])));
  const picture = parseXml(gatesSVG(shares));
  const boxes = elements(picture, "rect")
    .filter(({ attributes }) => attributes.class === "softLine")
    .map(({ attributes: { x, y, width } }) => [Number(x), Number(y), Number(width)] as Box);
  expect(boxes).toHaveLength(5);
  const [a, b, c, d, e] = boxes as [Box, Box, Box, Box, Box];
  expect([d[0], e[0]]).toEqual([a[0], b[0]]);
  expect([b[1], c[1], e[1]]).toEqual([a[1], a[1], d[1]]);
  expect(b[0]).toBeGreaterThan(a[0] + a[2]);
  expect(d[1]).toBeGreaterThan(a[1] + a[2] + 32);
  const [, , width, height] = (picture.attributes.viewBox as string).split(" ").map(Number) as [
    number,
    number,
    number,
    number,
  ];
  for (const [x, y, side] of boxes) expect(x + side < width && y + side + 32 < height).toBe(true);
});

test("values that are no rows of units are refused, with both numbers", () => {
  const wrong = "gateShares: f has 3 values, expected a row of 2 for each token.";
  expect(() => gateShares([gate("f", 2, [0, 1, 0])])).toThrow(wrong);
  expect(() => gateShares([gate("f", 2, [])])).toThrow("gateShares: f has 0 values");
});

test("names cannot break the picture, and nothing to draw is refused", () => {
  expect(() => gatesSVG([])).toThrow(
    "gatesSVG: expected gates to be an array of gate shares with at least one element.",
  );
  for (const name of hostile) expect(() => parseXml(gatesSVG(gateShares([gate(name, 1, [1])])))).not.toThrow();
});
