import { expect, test } from "vitest";
import { placeLabels } from "../../lib/viz/labelPlacement.js";
import { textWidth } from "../../lib/viz/svg.js";

const [size, radius] = [10, 4];
const [width, height] = [textWidth("ab", size), 1.2 * size];
const point = { x: 100, y: 200, label: "ab" };
const wide = { x: -1000, y: -1000, width: 3000, height: 3000 };
const placed = (points: readonly (typeof point)[], frame = wide) => placeLabels(points, { frame, size, radius });
/** Where a label begins that is 3 beyond its dot, and where one ends. */
const [right, left] = [100 + radius + 3, 100 - radius - 3 - width];
const [above, below] = [200 - radius - 3 - height, 200 + radius + 3];

test.each([
  ["right", right, 200 - height / 2, "start"],
  ["left", left, 200 - height / 2, "end"],
  ["above", 100 - width / 2, above, "middle"],
  ["below", 100 - width / 2, below, "middle"],
  ["right above", right - 2, above + 3, "start"],
  ["right below", right - 2, below - 3, "start"],
  ["left above", left + 2, above + 3, "end"],
  ["left below", left + 2, below - 3, "end"],
] as const)(
  "a frame that has just the room %s of a point has its label there, and a smaller one none",
  (_, x, y, anchor) => {
    const box = { x, y, width, height };
    expect(placed([point], box)).toEqual([{ ...box, point: 0, anchor }]);
    const less = 1e-6;
    for (const smaller of [
      { ...box, x: x + less },
      { ...box, y: y + less },
      { ...box, width: width - less },
      { ...box, height: height - less },
    ]) {
      expect(placed([point], smaller)).toEqual([]);
    }
  },
);

test("each place is taken only where those before it are not free", () => {
  const anchors = (...frames: (typeof wide)[]) => frames.map((frame) => placed([point], frame)[0]?.anchor);
  const box = (x: number, y: number, w: number, h: number) => ({ x, y, width: w, height: h });
  expect(anchors(wide, box(-1000, -1000, 1101, 3000), box(100 - width / 2, -1000, width, 3000))).toEqual([
    ...["start", "end", "middle"],
  ]);
  expect(placed([point], box(100 - width / 2, -1000, width, 3000))[0]?.y).toBe(above);
});

test("labels and points may touch, and do not overlap", () => {
  const row = (x: number, y: number, label = "ab") => ({ x, y, label });
  const sides = (...points: ReturnType<typeof row>[]) => placed(points).map(({ point: of, anchor }) => [of, anchor]);
  // Labels that lie on each other, whichever comes first.
  const rows = [row(0, 0), row(0, height)];
  expect(sides(...rows)).toEqual([0, 1].map((n) => [n, "start"]));
  expect(sides(...rows.reverse())).toEqual([0, 1].map((n) => [n, "start"]));
  const near = [row(0, 0), row(0, height - 1e-6)];
  expect(sides(...near)).toEqual([
    [0, "start"],
    [1, "end"],
  ]);
  // A point where the label of another ends, and where it begins.
  const dot = (x: number) => placed([row(0, 0), row(x, 0, "")]).find(({ point: of }) => of === 0)?.anchor;
  const end = radius + 3 + width + radius;
  expect([dot(end), dot(end - 1e-6), dot(3), dot(3 + 1e-6)]).toEqual(["start", "end", "start", "end"]);
});

test("a point that stands alone comes before those of a crowd, up to 60 away", () => {
  const crowd = [0, 59.99].map((x) => ({ x, y: 0, label: "ab" }));
  const alone = { x: 500, y: 0, label: "ab" };
  expect(placed([...crowd, alone]).map(({ point: of }) => of)).toEqual([2, 0, 1]);
  const apart = [0, 60].map((x) => ({ x, y: 0, label: "ab" }));
  expect(placed([...apart, alone]).map(({ point: of }) => of)).toEqual([0, 1, 2]);
});
