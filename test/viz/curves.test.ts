import { expect, test } from "vitest";
import { axisTitles, gridLines, logarithmicTicks, niceStep, ticks } from "../../lib/viz/axes.js";
import type { CurvesOptions } from "../../lib/viz/index.js";
import { curvesSVG } from "../../lib/viz/index.js";
import type { ReportHistory } from "../../lib/viz/report.js";
import { historyOf } from "./historyOf.js";
import { hostile } from "./hostile.js";
import type { Element } from "./wellFormed.js";
import { parseXml } from "./wellFormed.js";

const runs = [
  { name: "lstm", history: historyOf((step) => 3 - step / 10) },
  { name: "gru", history: historyOf((step) => 2.9 - step / 20) },
];

function elements(node: Element, name: string): Element[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => elements(child, name))];
}

/** The corners of a drawn line. */
function corners(path: Element): [number, number][] {
  return [...(path.attributes.d as string).matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
}

test("both titles of a picture's axes have the colour of ink, which is another on dark paper", () => {
  const frame = { x: 50, y: 20, width: 400, height: 200 };
  const titles = axisTitles({ frame, x: "steps", y: "loss" }).map((text) => parseXml(text).attributes);
  expect(titles.map((title) => title.class)).toEqual(["ink", "ink"]);
});

const curves = (options?: CurvesOptions) => {
  const picture = parseXml(curvesSVG(runs, options));
  return {
    picture,
    lines: elements(picture, "path").filter((path) => path.attributes.class === "curve"),
    texts: elements(picture, "text").map(({ text }) => text),
  };
};

test("each run has a line of its batches and one of its validations, in a colour of its own", () => {
  const { lines, texts } = curves();
  expect(lines.map((line) => corners(line).length)).toEqual([10, 2, 10, 2]);
  expect(new Set(lines.map((line) => line.attributes.stroke)).size).toBe(2);
  expect(texts).toEqual(expect.arrayContaining(["lstm", "gru", "updates", "loss, nats per token"]));
});

test("a validation lies where the batch of its update lies, 0.1 nats above it, over whatever axis", () => {
  for (const over of ["updates", "epochs", "tokens", "seconds"] as const) {
    const { lines } = curves({ over });
    const [batches, validations] = [corners(lines[0] as Element), corners(lines[1] as Element)] as const;
    const unit = ((batches[9] as number[])[1] as number) - ((batches[8] as number[])[1] as number);
    expect(validations[0]?.[0]).toBeCloseTo(batches[4]?.[0] as number, 1);
    expect(validations[1]?.[0]).toBeCloseTo(batches[9]?.[0] as number, 1);
    expect((batches[4]?.[1] as number) - (validations[0]?.[1] as number)).toBeCloseTo(unit, 1);
  }
});

test("an update between two points of the curve lies between them in proportion, and one before the first between it and 0", () => {
  const [step] = historyOf(() => 2).steps as [ReportHistory["steps"][number]];
  const steps = [
    { ...step, step: 10, tokens: 100 },
    { ...step, step: 20, tokens: 900 },
  ];
  const validations = [5, 10, 15, 20].map((at) => ({ step: at, epoch: 1, loss: 2, perplexity: Math.exp(2) }));
  const picture = parseXml(
    curvesSVG([{ name: "a", history: { steps, validations, samples: [] } }], { over: "tokens" }),
  );
  const [, line] = elements(picture, "path").filter((path) => path.attributes.class === "curve");
  const [first, ...others] = corners(line as Element).map(([x]) => x - 78) as [number, ...number[]];
  expect(others.map((x) => x / first)).toEqual([2, 10, 18].map((times) => expect.closeTo(times, 1)));
});

test("batches are drawn faintly where there are validations, and in full where there are none", () => {
  const opacities = (history: ReportHistory) =>
    elements(parseXml(curvesSVG([{ name: "a", history }])), "path")
      .filter((path) => path.attributes.class === "curve")
      .map((path) => Number(path.attributes["stroke-opacity"] ?? 1));
  const history = runs[0]?.history as ReportHistory;
  expect(opacities(history)).toEqual([0.3, 1]);
  expect(opacities({ ...history, validations: [] })).toEqual([1]);
});

test("twice the tokens at one learning rate is twice as far to the right only over tokens", () => {
  const history = runs[0]?.history as ReportHistory;
  const twice = { ...history, steps: history.steps.map((point) => ({ ...point, tokens: 2 * point.tokens })) };
  const ends = (over: "tokens" | "updates") => {
    const picture = parseXml(
      curvesSVG(
        [
          { name: "once", history },
          { name: "twice", history: twice },
        ],
        { over, measure: "learningRate" },
      ),
    );
    const lines = elements(picture, "path").filter((path) => path.attributes.class === "curve");
    return lines.map((line) => (corners(line).at(-1) as [number, number])[0]);
  };
  const [a, b] = ends("updates");
  expect(a).toBe(b);
  const [once, both] = ends("tokens") as [number, number];
  expect((both - 78) / (once - 78)).toBeCloseTo(2, 2);
});

test("bits per character and accuracy are those of validations, where these have them", () => {
  const history = historyOf(() => 2);
  const validations = history.validations.map((point, i) => ({
    ...point,
    ...(i === 1 ? { bitsPerCharacter: 1.5, accuracy: 0.25 } : {}),
  }));
  for (const [measure, value] of [
    ["bitsPerCharacter", "1.5000"],
    ["accuracy", "0.25000"],
  ] as const) {
    const picture = curvesSVG([{ name: "a", history: { ...history, validations } }], { measure });
    expect(picture.match(/a: [^<]*/g)).toEqual([`a: ${value} after 10 updates`]);
  }
});

test("names of runs cannot break the picture", () => {
  for (const name of hostile)
    expect(() => parseXml(curvesSVG([{ ...(runs[0] as never as object), name } as never]))).not.toThrow();
});

test("what cannot be drawn is refused by name", () => {
  expect(() => curvesSVG([])).toThrow("at least one element");
  expect(() => curvesSVG(runs, { measure: "bitsPerCharacter" })).toThrow(
    "curvesSVG: lstm has no validation, bits per character. It was trained without validation data.",
  );
  const history = runs[0]?.history as ReportHistory;
  const [first] = history.steps as [ReportHistory["steps"][number]];
  expect(() => curvesSVG([{ name: "new", history: { ...history, steps: [] } }], { measure: "learningRate" })).toThrow(
    "curvesSVG: new has no learning rate. It has no finished updates.",
  );
  const one = { name: "one", history: { steps: [first], validations: [], samples: [] } };
  expect(() => curvesSVG([one])).not.toThrow();
  expect(() => curvesSVG([one, { name: "two" } as never])).toThrow(/^curvesSVG: expected runs\[1\]/);
  const { steps, ...others } = historyOf(() => 1);
  const own = steps.map((point) => ({ ...point, gradientNorm: Number.NaN }));
  const normOf = (points: typeof steps) => () =>
    curvesSVG([{ name: "own", history: { ...others, steps: points } }], { measure: "gradientNorm" });
  const none = "curvesSVG: own has no norm of the gradient before clipping.";
  expect(normOf(own)).toThrow(`${none} Its updates did not measure that.`);
  expect(normOf([])).toThrow(`${none} It has no finished updates.`);
  expect(() => curvesSVG(runs, { measur: "loss" } as CurvesOptions)).toThrow("did you mean measure?");
  const zero = [{ name: "zero", history: historyOf(() => 0) }];
  expect(() => curvesSVG(zero, { logarithmic: true })).toThrow("a logarithmic scale needs values above 0");
});

test("a validation after the last update that is known lies at that one, and without updates none has a place but its epoch", () => {
  const history = historyOf((step) => step);
  const validation = (step: number, epoch: number) => ({ step, epoch, loss: 1, perplexity: 3 });
  const drawn = (validations: object[], over: "tokens" | "epochs", steps = history.steps) => {
    const picture = parseXml(
      curvesSVG([{ name: "a", history: { ...history, steps, validations } as never }], { over }),
    );
    const paths = elements(picture, "path").filter((path) => path.attributes.class === "curve");
    return paths.map((path) => corners(path).map(([x]) => x));
  };
  const [batches = [], validations] = drawn([validation(5, 0.5), validation(14, 1.4)], "tokens");
  expect(validations).toEqual([batches[4], batches[9]]);
  expect(() => drawn([validation(5, 0.5)], "tokens", [])).toThrow("curvesSVG: a has no loss");
  expect(drawn([validation(5, 0.5)], "epochs", [])[0]).toHaveLength(1);
});

test("a loss that is always 0, before the first token, is a line like any other", () => {
  const history = historyOf(() => 0);
  const steps = history.steps.map((point) => ({ ...point, tokens: 0 }));
  const picture = parseXml(
    curvesSVG([{ name: "a", history: { ...history, steps, validations: [] } }], { over: "tokens" }),
  );
  const [line] = elements(picture, "path").filter((path) => path.attributes.class === "curve");
  const frame = elements(picture, "rect").find((rect) => rect.attributes.class === "softLine")?.attributes;
  const [x, y, height] = [frame?.x, frame?.y, frame?.height].map(Number) as [number, number, number];
  expect(corners(line as Element)).toEqual(steps.map(() => [x, y + height / 2]));
});

test("ticks are the round numbers inside an interval", () => {
  expect(ticks({ low: -0.3, high: 1 }, niceStep(0.4))).toEqual([0, 0.5, 1]);
  expect(logarithmicTicks({ low: 0.9, high: 60 })).toEqual([1, 2, 5, 10, 20, 50]);
  expect(logarithmicTicks({ low: 0.001, high: 1000 })).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
  expect(logarithmicTicks({ low: 2.3, high: 4.2 })).toEqual([2.5, 3, 3.5, 4]);
});

test("a step is the next of 1, 2 and 5 times a power of ten, and ticks at both ends of an interval count", () => {
  const steps = [1, 1.01, 2, 2.01, 5, 5.01, 10, 0.3, 70].map(niceStep);
  expect(steps).toEqual([1, 2, 2, 5, 5, 10, 10, 0.5, 100]);
  expect(ticks({ low: 1, high: 2 }, 0.5)).toEqual([1, 1.5, 2]);
  // In floating point 0.3 / 0.1 is a little less than 3.
  expect(ticks({ low: 0.1, high: 0.3 }, 0.1)).toEqual([0.1, 0.2, expect.closeTo(0.3, 12)]);
  expect(ticks({ low: 1.1, high: 1.9 }, 1)).toEqual([]);
});

test("ticks of a logarithm are 1, 2 and 5 times four powers of ten, five powers alone, and round numbers where only two fit", () => {
  expect(logarithmicTicks({ low: 1, high: 1000 })).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  expect(logarithmicTicks({ low: 1, high: 10_000 })).toEqual([1, 10, 100, 1000, 10_000]);
  expect(logarithmicTicks({ low: 2, high: 10 })).toEqual([2, 5, 10]);
  expect(logarithmicTicks({ low: 2, high: 9 })).toEqual([2, 4, 6, 8]);
});

test("ticks are named in six digits, with thousands apart from 10,000 on, and a minus as long as a plus", () => {
  const frame = { x: 50, y: 20, width: 400, height: 200 };
  const lines = gridLines("y", [-2.5, 0.1 + 0.2, 1 / 3, 9999, 10_000, 1_234_567.8], { frame, place: (value) => value });
  const texts = lines.map(parseXml).filter(({ name }) => name === "text");
  expect(texts.map(({ text }) => text)).toEqual(["\u22122.5", "0.3", "0.333333", "9999", "10,000", "1,234,570"]);
});

test("numbers of any size can be drawn, or are left out", () => {
  const run = runs[0] as (typeof runs)[number];
  const first = run.history.steps[0] as ReportHistory["steps"][number];
  const sizes = [0, 5e-324, 1e-320, 1e-200, 1, 1 + 2 ** -52, 1e15, 1e150, 1e200, 1.7e308, Number.NaN, Infinity];
  for (const a of sizes) {
    for (const b of [...sizes, ...sizes.map((size) => -size)]) {
      const steps = [first, { ...first, step: 2, loss: a }, { ...first, step: 3, loss: b, epoch: a, seconds: a }];
      const validations = [2, 3].map((step) => ({ step, epoch: b, loss: step === 2 ? a : b, perplexity: 2 }));
      for (const over of ["updates", "epochs", "seconds"] as const) {
        const history = { ...run.history, steps, validations };
        try {
          expect(curvesSVG([{ ...run, history }], { over })).not.toMatch(/NaN|Infinity/);
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_OSTINATO_INPUT" });
        }
      }
    }
  }
});

test("a history that says more than is drawn is drawn all the same", () => {
  const { steps, ...history } = historyOf(() => 2);
  const more = steps.map((step) => ({ ...step, examples: 5 }));
  expect(curvesSVG([{ name: "a", history: { ...history, steps: more } }])).toBe(
    curvesSVG([{ name: "a", history: { ...history, steps } }]),
  );
});
