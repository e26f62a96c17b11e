import { expect, test } from "vitest";
import { frameSVG } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import { every, parseXml } from "./wellFormed.js";

const picture = {
  name: "walk",
  labels: ["left", "never", "right"],
  probabilities: [0.9, 0, 0.1, 0.3, 0.1, 0.6],
  truth: ["left", "left"],
};
const rects = (svg: string) => every(parseXml(svg)).filter(({ name }) => name === "rect");

test("the likelier a label the darker its place, and true ones are framed; labels that never come have no row", () => {
  const svg = frameSVG(picture);
  const marks = rects(svg).filter(({ attributes }) => attributes.class === "mark");
  const said = marks.map(({ attributes, children }) => [children[0]?.text, Number(attributes["fill-opacity"])]);
  expect(said).toEqual([
    ["right, frame 1: 0.1", 0.1],
    ["right, frame 2: 0.6", 0.6],
    ["left, frame 1: 0.9", 0.9],
    ["left, frame 2: 0.3", 0.3],
  ]);
  const framed = rects(svg).filter(({ attributes }) => attributes.class === "line");
  expect(framed.map(({ attributes: { x, y } }) => [x, y])).toEqual(
    marks.slice(2).map(({ attributes: { x, y } }) => [x, y]),
  );
  expect(Number(marks[0]?.attributes.y)).toBeLessThan(Number(marks[2]?.attributes.y));
  expect(svg).not.toContain("never");
});

test("frames may have several labels, or none that anybody knows; of many frames the first are drawn", () => {
  const several = frameSVG({ ...picture, truth: [["left", "never"], null] });
  expect(rects(several).filter(({ attributes }) => attributes.class === "line")).toHaveLength(2);
  const { truth: _, ...untold } = picture;
  expect(rects(frameSVG(untold)).filter(({ attributes }) => attributes.class === "line")).toHaveLength(0);
  const long = frameSVG({ ...untold, probabilities: new Float32Array(3 * 5000).fill(0.5) });
  expect(long).toContain("frame 240: 0.5");
  expect(long).not.toContain("frame 241");
});

test("a label has a row from an even chance on, and a chance just above 1 is a rounded 1", () => {
  const pair = { name: "walk", labels: ["even", "less"] };
  const svg = frameSVG({ ...pair, probabilities: [0.5, 0.499] });
  expect([svg.includes("even"), svg.includes("less")]).toEqual([true, false]);
  const marks = rects(frameSVG({ ...pair, probabilities: [1.000001, 0] }));
  expect(marks.at(-1)?.attributes["fill-opacity"]).toBe("1");
  const wrong: unknown[] = [
    [1.00001, 0],
    [-0.1, 0],
    ["0.5", 0],
    [Number.NaN, 0],
    [],
    [1, 0, 1],
    new DataView(new ArrayBuffer(2)),
  ];
  for (const probabilities of wrong) {
    expect(() => frameSVG({ ...pair, probabilities } as never), String(probabilities)).toThrow(/probabilities/);
  }
});

test("names that are hostile stay text, and what is no picture is refused", () => {
  for (const name of hostile) {
    expect(() => parseXml(frameSVG({ ...picture, name, labels: [name, "b", "c"], truth: [name, null] }))).not.toThrow();
  }
  expect(() => frameSVG({ ...picture, probabilities: [0.5] })).toThrow(/expected probabilities \[T,C\] of 3 labels/);
  expect(() => frameSVG({ ...picture, probabilities: [0.5, 2, 0] })).toThrow(/from 0 to 1/);
  expect(() => frameSVG({ ...picture, truth: [5] as never })).toThrow(/truth/);
});
