import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { ActivationTrace, TextFeature } from "../../lib/viz/index.js";
import {
  blockChart,
  colourText,
  featureOf,
  legend,
  rankFeatures,
  rankUnits,
  renderReport,
  unitValues,
  widthOf,
} from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";

const text =
  'He said "come (here) now" and\nwent. "Why?" she asked <b>&\n\uadf8\ub294 "\uc548\ub155" \ud588\ub2e4.\n'.repeat(4);
const tokens = [...text];

/** Unit 2 of layer 1 follows the quotes, unit 0 of layer 0 the position in the line; the others are noise. */
function trace(): ActivationTrace {
  const quotes = featureOf(tokens, "quotes");
  const line = featureOf(tokens, "line");
  const noise = (i: number) => Math.sin(i * 12.9898) * 0.4;
  const layer = (name: string, kind: "hidden" | "cell", value: (t: number, unit: number) => number) => ({
    name,
    kind,
    units: 3,
    values: Float32Array.from({ length: tokens.length * 3 }, (_, i) => value(Math.floor(i / 3), i % 3)),
  });
  return {
    tokens,
    surprise: Float32Array.from(tokens, (_, t) => (t === 0 ? 0 : 1 + (t % 5))),
    layers: [
      layer("layer 1 hidden", "hidden", (t, unit) => (unit === 0 ? (line[t] as number) / 30 : noise(3 * t + unit))),
      layer("layer 1 cell", "cell", (t, unit) => (unit === 2 ? 1 - 2 * (quotes[t] as number) : noise(5 * t + unit))),
    ],
  };
}

const history = {
  steps: Array.from({ length: 50 }, (_, i) => ({
    step: i + 1,
    loss: 4 / (i + 1) + 1,
    gradientNorm: 1,
    learningRate: 0.01,
    tokensPerSecond: 1e4,
    epoch: 1,
    tokens: 100,
    seconds: 1,
  })),
  validations: [{ step: 50, epoch: 1, loss: 1.25, perplexity: 3.49, bitsPerCharacter: 1.8 }],
  samples: [{ step: 25, loss: 1.5, text: "</script><script>alert(1)</script> & \ud55c\uad6d\uc5b4" }],
};

const bareReport = { title: "t", summary: "s", figures: [], configuration: [] };

const html = renderReport({
  title: "a <model> & more",
  summary: 'of "units"',
  figures: [["validation loss", "1.250 nats"]],
  configuration: [["cell", "lstm"]],
  history,
  trace: trace(),
});

test("a report names the 400 units that follow a feature best, of however many there are", () => {
  const units = 1000;
  const values = Float32Array.from({ length: tokens.length * units }, (_, i) => Math.sin(i * 12.9898));
  const layers = [{ name: "layer 1 hidden", kind: "hidden" as const, units, values }];
  const wide = { ...trace(), layers };
  const page = renderReport({ title: "t", summary: "s", figures: [], configuration: [], history, trace: wide });
  const [, order = ""] = /"order":(\{.*?\})/.exec(page) ?? [];
  const named = Object.values(JSON.parse(order) as Record<string, [number, number, number][]>);
  expect(named.length).toBeGreaterThan(3);
  for (const list of named) expect(list).toHaveLength(400);
});

test("the units that watch quotes and line length are found", () => {
  const [quotes] = rankUnits(trace(), "quotes");
  expect(quotes).toMatchObject({ layer: 1, unit: 2, score: expect.closeTo(-1, 5) });
  expect(rankUnits(trace(), "line")[0]).toMatchObject({ layer: 0, unit: 0, score: expect.closeTo(1, 5) });
  const withoutQuotes = { ...trace(), tokens: tokens.map((token) => token.replace(/["\u201c\u201d]/, "'")) };
  expect(rankFeatures(trace())).toContain("quotes");
  expect(rankFeatures(withoutQuotes)).not.toContain("quotes");
  expect(rankFeatures(trace()).at(-1)).toBe("variance");
  expect(unitValues(trace(), { layer: 1, unit: 2 })[text.indexOf("come")]).toBe(-1);
});

test("features read the text as a person would", () => {
  const inside = featureOf(tokens, "quotes");
  expect([text.indexOf("H"), text.indexOf("come"), text.indexOf("and")].map((t) => inside[t])).toEqual([0, 1, 0]);
  expect(featureOf(tokens, "brackets")[text.indexOf("here")]).toBe(1);
  expect(featureOf(tokens, "capitals")[0]).toBe(1);
  expect(featureOf(tokens, "line")[text.indexOf("went")]).toBe(0);
});

test("each feature says of every token what a person would", () => {
  const read = ["A", "(b", "[c]", "d)", ")", "e\n", "\u201cF", " ", "g\u201d", '"'];
  expect(Array.from(featureOf(read, "brackets"))).toEqual([0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  expect(Array.from(featureOf(read, "quotes"))).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 1]);
  expect(Array.from(featureOf(read, "line"))).toEqual([0, 1, 3, 6, 8, 9, 0, 2, 3, 5]);
  expect(Array.from(featureOf(read, "capitals"))).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  expect(Array.from(featureOf(read, "spaces"))).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 1, 0]);
  const nested = [..."((a)b)c"];
  expect(Array.from(featureOf(nested, "brackets"))).toEqual([1, 1, 1, 1, 1, 1, 0]);
});

test("a report has a section for each thing that it is given, and for nothing else", () => {
  const titles = (page: string) => Array.from(page.matchAll(/<h2>(.*?)<\/h2>/g), ([, title]) => title);
  expect(titles(html)).toEqual([
    ...["How it learnt", "What single units watch", "What it wrote while it learnt", "The model"],
  ]);
  const bare = bareReport;
  const nothing = {
    attention: [],
    captions: [],
    translations: [],
    frames: [],
    labelled: [],
    tagged: [],
    forecasts: [],
  };
  const empty = { ...nothing, heads: [], gradients: [{ name: "a", norms: [0] }], trace: { ...trace(), gates: [] } };
  expect(titles(renderReport(bare))).toEqual(["The model"]);
  expect(titles(renderReport({ ...bare, ...empty }))).toEqual(["What single units watch", "The model"]);
  const short = { ...history, steps: history.steps.slice(0, 1), samples: [] };
  expect(titles(renderReport({ ...bare, history: short }))).toEqual(["The model"]);
});

test("a curve of nothing is nothing", () => {
  expect(blockChart([], { width: 40, height: 3 })).toBe("");
  expect(blockChart([Number.NaN, Number.POSITIVE_INFINITY], { width: 40, height: 3 })).toBe("");
  // A curve that never changes lies on the floor.
  expect(blockChart([2, 2, 2], { width: 40, height: 2 })).toBe("   2.000    \n   2.000 \u2581\u2581\u2581");
});

test("nothing in a sample or a name can break out of the page", () => {
  expect(html).not.toContain("<script>alert");
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt; &amp; \ud55c\uad6d\uc5b4");
  expect(html).toContain("a &lt;model&gt; &amp; more");
});

test("the report needs nothing from a network", () => {
  expect(html).not.toMatch(/(src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest/);
});

test("a training without gradients has a chart of its rate, and none of a gradient's norm", () => {
  const pageOf = (norms: readonly number[]) => {
    const steps = norms.map((gradientNorm, i) => ({
      ...(history.steps[i] as (typeof history.steps)[0]),
      gradientNorm,
    }));
    return renderReport({ title: "t", summary: "s", figures: [], configuration: [], history: { ...history, steps } });
  };
  const charts = (page: string) => [...page.matchAll(/<div class="chart" id="(\w+)">/g)].map(([, id]) => id);
  expect(charts(pageOf([0, 0.5]))).toEqual(["loss", "norm", "rate"]);
  // A training of before wrote 0 for what was not measured.
  for (const none of [Number.NaN, 0]) expect(charts(pageOf([none, none]))).toEqual(["loss", "rate"]);
});

test("the numbers in the page are the numbers of the training", () => {
  const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "null");
  expect(data.history.loss).toEqual(history.steps.map(({ loss }) => loss));
  expect(data.history.validations).toEqual([[50, 1.25]]);
  const [, cell] = data.trace.layers;
  const bytes = new Int8Array(Buffer.from(cell.values, "base64"));
  expect(data.trace.tokens).toEqual(tokens);
  expect([cell.name, cell.units, bytes.length]).toEqual([trace().layers[1]?.name, 3, 3 * tokens.length]);
  for (const t of [0, 9, 100]) {
    expect((bytes[t * 3 + 2] as number) * (cell.limit / 127)).toBeCloseTo(
      unitValues(trace(), { layer: 1, unit: 2 })[t] as number,
      2,
    );
  }
});

test.skipIf(!existsSync("/usr/bin/chromium"))(
  "it draws in a browser without an error (skipped where there is no chromium)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "ostinato-report-"));
    const probe = `<script>addEventListener("error", (e) => document.title = "error: " + e.message);</script>`;
    writeFileSync(join(folder, "report.html"), html.replace("<body>", `<body>${probe}`));
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
    const { stdout } = spawnSync(
      "/usr/bin/chromium",
      [...flags, `--user-data-dir=${folder}/profile`, "--dump-dom", `file://${folder}/report.html`],
      {
        encoding: "utf8",
        timeout: 60_000,
      },
    );
    rmSync(folder, { recursive: true, force: true });
    expect(stdout).toContain("<title>a &lt;model&gt; &amp; more</title>");
    expect(stdout.match(/<canvas/g)?.length).toBe(3);
    const [best] = rankUnits(trace(), rankFeatures(trace())[0] as TextFeature);
    expect(stdout).toContain(`${trace().layers[best?.layer as number]?.name}, unit ${best?.unit}. Point at a token`);
  },
);

test("the terminal view keeps to its width, also with wide characters, and shows marks without colour", () => {
  const values = unitValues(trace(), { layer: 1, unit: 2 });
  for (const depth of [24, 8, 0] as const) {
    const plain = stripVTControlCharacters(colourText(tokens, values, { depth, width: 24 }));
    for (const line of plain.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(24);
    expect(plain.replace(/[[\]+\-\n]/g, "")).toContain("come");
  }
  expect(colourText(["a", "b"], [1, -1], { depth: 0, width: 20 })).toBe("[+a][-b]");
  expect(colourText(["a"], [1], { depth: 24, width: 20 })).toContain("\u001b[48;2;214;69;48m");
  expect(widthOf("\ud55c\uad6da\u0301")).toBe(5);
  expect(legend(1, 0)).toContain("above 0.50");
  expect(colourText(["a", "b"], [0, 0], { depth: 0, width: 20 })).toBe("ab");
  expect(colourText(["a"], [0], { depth: 24, width: 20 })).not.toContain("NaN");
});

test("without colour, marks that go on over the end of a line are closed there and opened again", () => {
  const strong = Array.from({ length: 12 }, () => "abc");
  for (const [sign, open] of [
    [1, "[+"],
    [-1, "[-"],
  ] as const) {
    const lines = colourText(strong, Array(12).fill(sign), { depth: 0, width: 14 }).split("\n");
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(/^\[[+-](abc)+\]$/);
    expect(lines.every((line) => line.startsWith(open))).toBe(true);
  }
});

test.each([
  [["abc", "abc", "x"], [1, 1, 0], 9, "[+abcabc]\nx"],
  [["abc", "abc", "x"], [1, 1, 0], 8, "[+abc]\n[+abc]x"],
  [["ab", "cd"], [0, 1], 7, "ab[+cd]"],
  [["ab", "cd"], [0, -1], 6, "ab\n[-cd]"],
  [["ab", "cd"], [0, 0], 4, "abcd"],
  [["ab", "cd"], [0, 0], 3, "ab\ncd"],
  [["a\n", "b"], [1, 1], 9, "[+a]\n[+b]"],
  [["a\tb", "\n", "c"], [0, 0, 0], 9, "a b\nc"],
  // Only what is beyond half of the largest counts.
  [["a", "b", "c"], [0, 2, -4], 9, "ab[-c]"],
])("%j without colour, values %j, is %j wide at most: %j", (own, values, width, expected) => {
  expect(colourText(own, values, { depth: 0, width })).toBe(expected);
});

test("a value beyond the limit has the colour of the limit", () => {
  const shown = (value: number) => colourText(["a"], [value], { limit: 2, depth: 24, width: 9 });
  expect([shown(5), shown(-5)]).toEqual([shown(2), shown(-2)]);
  expect(new Set([shown(1), shown(2), shown(-1), shown(-2)]).size).toBe(4);
  expect(legend(2, 0, ["shut", "open"])).toBe("[+ ] open   [- ] shut");
});

test("a column of a chart is the mean of its part of the values", () => {
  const columns = { width: 11, height: 2 };
  expect(blockChart([1, 3, 5, 7], columns)).toBe("   6.000  \u2588\n   2.000 \u2581\u2588");
  expect(blockChart([1, 3, 2, 4, 9], columns)).toBe("   5.000  \u2588\n   2.000 \u2581\u2588");
});

test("tokens cannot end the data of a page, and come back as they were", () => {
  const own = ["</script>", "<!--", "\u2028", "\u2029"];
  const [layer] = trace().layers;
  const short = { tokens: own, surprise: new Float32Array(4), layers: [{ ...layer, values: new Float32Array(12) }] };
  const page = renderReport({ ...bareReport, trace: short as ActivationTrace });
  const [, data = ""] = /id="data">(.*?)<\/script>/s.exec(page) ?? [];
  expect(data).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(data).trace.tokens).toEqual(own);
});

test("the chart of a falling loss falls", () => {
  const lines = blockChart(
    history.steps.map(({ loss }) => loss),
    { width: 60, height: 5 },
  ).split("\n");
  expect(lines.length).toBe(5);
  expect(lines[0]).toContain("5.000");
  expect(lines[4]?.trimEnd().length).toBeGreaterThan((lines[0] ?? "").trimEnd().length);
});

test("a number of a foreign history that is a text is refused by its place, whichever it is", () => {
  const data = { title: "t", summary: "s", figures: [], configuration: [] };
  const numbers = {
    steps: ["step", "epoch", "tokens", "seconds", "loss", "gradientNorm", "learningRate", "tokensPerSecond"],
    validations: ["step", "epoch", "loss", "perplexity", "bitsPerCharacter", "accuracy"],
    samples: ["step", "loss"],
  };
  for (const [part, names] of Object.entries(numbers) as [keyof typeof numbers, string[]][]) {
    for (const name of names) {
      const foreign = { ...history, [part]: [{ ...history[part][0], [name]: "<img src=x onerror=alert(1)>" }] };
      expect(() => renderReport({ ...data, history: foreign as never })).toThrow(
        `renderReport: expected history.${part}[0].${name} to be a number, got "<img src=x onerror=alert(1)>".`,
      );
    }
  }
  const mute = { ...history, samples: [{ step: 1, loss: 1, text: 5 }] };
  expect(() => renderReport({ ...data, history: mute as never })).toThrow("history.samples[0].text to be a text");
  expect(() => renderReport({ ...data, history: { ...history, steps: 5 } as never })).toThrow("history.steps");
});

test("every figure and option of a report is escaped, whatever its type", () => {
  const foreign = [["<i>name", { toString: () => "<script>" }]] as never;
  const page = renderReport({ title: "t", summary: "s", figures: foreign, configuration: foreign });
  expect(page).toContain("<dt>&lt;i&gt;name</dt><dd>&lt;script&gt;</dd>");
  expect(page).toContain("&lt;i&gt;name</th><td>&lt;script&gt;</td>");
});

test("tokens cannot speak to the terminal that they are coloured in", () => {
  for (const depth of [24, 8, 0] as const) {
    const shown = colourText(
      hostile,
      hostile.map((_, i) => (i % 3) - 1),
      { depth, width: 40 },
    );
    const orders = shown.replace(/\p{Cc}\[(0|97|48;[25](;\d+)+)m/gu, "");
    expect(orders).not.toMatch(/(?!\n)\p{Cc}|[\u202e\u200b\ud800]/u);
    expect(orders).toContain("\\u{202E}");
  }
});
