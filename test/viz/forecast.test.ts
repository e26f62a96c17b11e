import { expect, test } from "vitest";
import { forecastSVG, forecastTerminal } from "../../lib/viz/index.js";
import { every, parseXml } from "./wellFormed.js";

const chart = {
  name: 'a <b> & "c"\u001b[31m',
  history: [1, 2, Number.NaN, 3, 1e300],
  point: [4, 5],
  levels: [0.1, 0.5, 0.9],
  quantiles: [
    [3, 3],
    [4, 5],
    [6, 8],
  ],
  steps: ["2020-01", "2020-06", "2020-07"] as const,
};

test("names cannot break out of the picture, and gaps break the line", () => {
  const svg = forecastSVG([chart, { ...chart, history: [], quantiles: [], levels: [] }]);
  parseXml(svg);
  expect(svg).toContain("a &lt;b&gt; &amp; &quot;c&quot;");
  expect(svg).toContain("80 % of the values are expected here");
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("a flat forecast is a line in the middle, and an interval that is not known is not drawn", () => {
  const flat = { ...chart, name: "flat", history: [0, 0], point: [0], levels: [], quantiles: [] };
  const svg = forecastSVG([flat]);
  parseXml(svg);
  expect(svg).not.toMatch(/NaN|Infinity/);
  const heights = [...svg.matchAll(/ d="M[\d.]+ ([\d.]+)h0/g)].map(([, y]) => y);
  const [, top, height] = /stroke-dasharray="3 3" d="M[\d.]+ ([\d.]+)v([\d.]+)"/.exec(svg) ?? [];
  expect(heights).toEqual(new Array(2).fill((Number(top) + Number(height) / 2).toFixed(2)));
  const rows = forecastTerminal(flat, { width: 60, depth: 0 }).split("\n").slice(1, 11);
  expect(rows.filter((row) => row.includes("o"))).toEqual([rows[0]]);
  const bands = (more: object) => forecastSVG([{ ...chart, ...more }]).match(/fill-opacity="0.12" d="[^"]*"/g);
  expect(bands({})).toHaveLength(1);
  expect(bands({})?.[0]).toMatch(/Z"$/);
  expect(
    bands({
      quantiles: [
        [3, Number.NaN],
        [4, 5],
        [6, 8],
      ],
    }),
  ).toEqual([expect.stringContaining('d="M0 0"')]);
  expect(
    bands({
      quantiles: [
        [3, 3],
        [4, 5],
      ],
    }),
  ).toBeNull();
});

test("what came goes on as the line of what was, from the step that is forecast on", () => {
  const own = { ...chart, history: [1, 2, 3], point: [3, 3], truth: [2, 4], levels: [], quantiles: [] };
  const lines = (more: object) =>
    every(parseXml(forecastSVG([{ ...own, ...more }])))
      .filter(({ attributes }) => attributes.fill === "none" && attributes["stroke-linejoin"] === "round")
      .map(({ attributes }) => ({ look: attributes.class, places: attributes.d?.match(/[\d.]+ [\d.]+/g) ?? [] }));
  expect(lines({ truth: undefined }).map(({ look }) => look)).toEqual(["line", "markLine"]);
  const [came, was, forecast] = lines({});
  expect([came?.look, was?.look]).toEqual(["line", "line"]);
  const x = (line: typeof came) => line?.places.map((place) => Number(place.split(" ")[0]));
  expect(x(came)).toEqual(x(forecast));
  // Five steps over one width.
  const [first, , last] = x(was) as [number, number, number];
  const unit = (last - first) / 2;
  expect(x(came)).toEqual([3, 4].map((step) => expect.closeTo(first + step * unit, 1)));
});

test("a terminal gets no escape of a name, and dots for the interval where it has no colour", () => {
  const text = forecastTerminal(chart, { width: 60, depth: 0 });
  expect(text).not.toContain("\u001b");
  expect(text).toContain("2020-01 to 2020-07, forecast from 2020-06, 80 % expected inside");
  expect(text).toMatch(/\./);
  expect(forecastTerminal(chart, { width: 60, depth: 24 })).toContain("\u001b[48;2;");
});

test("each value stands in the row of its size: dots before and after the forecast, circles on it, points between its bounds", () => {
  const own = {
    name: "n",
    history: [0, 9],
    point: [9, 0],
    truth: [3, Number.NaN],
    levels: [0.1, 0.9],
    quantiles: [
      [5, 0],
      [9, 9],
    ],
    steps: ["a", "b", "c"] as const,
  };
  expect(forecastTerminal(own, { width: 60, depth: 0 }).split("\n")).toEqual([
    "n",
    "   9  \u2022o.",
    ...new Array(4).fill("       .."),
    " 4.5    .",
    "       \u2022.",
    ...new Array(2).fill("        ."),
    "   0 \u2022  o",
    "     a to c, forecast from b, 80 % expected inside",
    "",
  ]);
});

test("a chart in a terminal takes ten columns where there are fewer, and its steps share them", () => {
  for (const [steps, columns] of [
    [10, 10],
    [11, 6],
    [20, 10],
    [21, 7],
  ] as const) {
    const rising = Array.from({ length: steps - 1 }, (_, t) => t + 1);
    const narrow = { ...chart, history: rising, point: [steps], levels: [], quantiles: [] };
    const rows = forecastTerminal(narrow, { width: 1, depth: 0 }).split("\n").slice(1, 11);
    // The first step is the lowest, the last the highest.
    const [first, last] = [rows.at(-1)?.indexOf("\u2022"), rows[0]?.indexOf("o")] as [number, number];
    expect(last - first + 1).toBe(columns);
  }
});

test("rows of a chart fit into the terminal, however many steps there are, and fill at least half of it", () => {
  for (const steps of [60, 61, 100, 333, 1000]) {
    for (let width = 24; width < 64; width++) {
      const rising = Array.from({ length: steps }, (_, t) => t);
      const long = { ...chart, history: rising, point: [steps], levels: [], quantiles: [] };
      const rows = forecastTerminal(long, { width, depth: 0 }).split("\n").slice(1, 11);
      const widest = Math.max(...rows.map((row) => row.length));
      expect(widest).toBeLessThanOrEqual(width);
      expect(widest).toBeGreaterThan(width / 2);
    }
  }
});

test("series without a value are drawn all the same", () => {
  const empty = { ...chart, history: [Number.NaN], point: [Number.NaN], levels: [], quantiles: [] };
  parseXml(forecastSVG([empty]));
  expect(forecastTerminal(empty, { width: 60, depth: 0 })).toContain("nothing to draw");
  expect(() => forecastSVG([{ ...chart, history: ["x"] }] as never)).toThrow(
    /charts\[0\]\.history to be an array of numbers/,
  );
});
