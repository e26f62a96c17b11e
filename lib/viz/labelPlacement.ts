import { textWidth } from "./svg.js";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedLabel extends Box {
  /** Which of the points it belongs to. */
  point: number;
  /** Which end of the text is fixed: the one at the point, so that a font that is narrower than thought leaves no hole. */
  anchor: "start" | "middle" | "end";
}

/**
 * Room for the labels of points inside a frame: each takes the first free one of the eight places around its point, right of it
 * first. No label covers another, or a point; the labels for which nothing is free are left out. Points with few neighbours come
 * first: they stand for themselves, while one of a crowd can speak for it.
 */
export function placeLabels(
  points: readonly { x: number; y: number; label: string }[],
  { frame, size, radius }: { frame: Box; size: number; radius: number },
): PlacedLabel[] {
  const dots = points.map(({ x, y }) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }));
  const near = 60 ** 2;
  const crowd = points.map((a) => points.filter((b) => (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < near).length);
  const order = [...points.keys()].sort((a, b) => (crowd[a] as number) - (crowd[b] as number) || a - b);
  const placed: PlacedLabel[] = [];
  for (const point of order) {
    const { x, y, label } = points[point] as (typeof points)[number];
    const [width, height] = [textWidth(label, size), size * 1.2];
    const gap = radius + 3;
    const [left, right, above, below] = [x - gap - width, x + gap, y - gap - height, y + gap];
    const [centred, level] = [x - width / 2, y - height / 2];
    const places = [
      [right, level, "start"],
      [left, level, "end"],
      [centred, above, "middle"],
      [centred, below, "middle"],
      [right - 2, above + 3, "start"],
      [right - 2, below - 3, "start"],
      [left + 2, above + 3, "end"],
      [left + 2, below - 3, "end"],
    ] as const;
    for (const [x, y, anchor] of places) {
      const box = { x, y, width, height };
      const free =
        inside(box, frame) &&
        !placed.some((other) => overlap(box, other)) &&
        !dots.some((dot, i) => i !== point && overlap(box, dot));
      if (!free) continue;
      placed.push({ ...box, point, anchor });
      break;
    }
  }
  return placed;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function inside(a: Box, frame: Box): boolean {
  return (
    a.x >= frame.x &&
    a.y >= frame.y &&
    a.x + a.width <= frame.x + frame.width &&
    a.y + a.height <= frame.y + frame.height
  );
}
