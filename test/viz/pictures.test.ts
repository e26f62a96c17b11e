// Every picture and text that is drawn for people, as a person has looked at it. A change of layout changes these files: look at them
// again (npx vitest run test/viz/pictures.test.ts --update), and commit those that are better than before.
import { expect, test } from "vitest";
import {
  attentionSVG,
  attentionTerminal,
  beamTreeSVG,
  beamTreeTerminal,
  blockChart,
  captionSVG,
  colourText,
  curvesSVG,
  forecastSVG,
  forecastTerminal,
  frameSVG,
  gateShares,
  gatesSVG,
  gradientFlowSVG,
  headsSVG,
  ladderSVG,
  legend,
  lookupTableSVG,
  renderReport,
  vectorMap,
  vectorMapSVG,
} from "../../lib/viz/index.js";
import { captionSection } from "../../lib/viz/reportCaptions.js";
import { labelledSection, scoresSection } from "../../lib/viz/reportClassification.js";
import { headsSection } from "../../lib/viz/reportHeads.js";
import { taggedSection } from "../../lib/viz/reportTagging.js";
import { attentionSection, translationSection } from "../../lib/viz/reportTranslation.js";
import { wordSection } from "../../lib/viz/reportWords.js";
import type { TaggedText } from "../../lib/viz/taggedText.js";
import { taggedTerminal, tagsIn } from "../../lib/viz/taggedText.js";
import { historyOf } from "./historyOf.js";
import { search } from "./searchTree.js";
import { expectPicture } from "./wellFormed.js";

const alignment = {
  source: ["the", "agreement", "on", "a name that is far longer than its cell", "."],
  target: ["l'", "accord", "sur", "<eos>"],
  weights: [
    [0.7, 0.2, 0.05, 0.03, 0.02],
    [0.1, 0.8, 0.05, 0.03, 0.02],
    [0.02, 0.03, 0.9, 0.03, 0.02],
    [0, 0, 0, 0.25, 0.75],
  ],
};
const heads = [
  {
    name: "block 1",
    source: ["the", "cat", "<b>", "sat"],
    target: ["the", "cat", "<b>", "sat"],
    heads: [
      [
        [1, 0, 0, 0],
        [0.5, 0.5, 0, 0],
        [0, 0.7, 0.3, 0],
        [0.1, 0.2, 0.3, 0.4],
      ],
      [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
      ],
    ],
  },
  {
    name: "block 1, to the source",
    source: ["die", "Katze mit einem langen Namen", "saß"],
    target: ["cat", "■"],
    heads: [
      [
        [0.1, 0.8, 0.1],
        [0, 0.25, 0.75],
      ],
    ],
  },
];
const wide = {
  source: Array.from({ length: 70 }, (_, i) => `word${i}`),
  target: ["one", "two"],
  weights: [0, 40].map((at) => Array.from({ length: 70 }, (_, i) => (i === at ? 0.65 : i === at + 1 ? 0.35 : 0))),
};
const runs = [
  { name: "lstm", history: historyOf((step) => 3 - step / 10) },
  { name: "gru", history: historyOf((step) => 2.9 - step / 20) },
];
const chart = {
  name: "airline passengers",
  history: [112, 118, 132, Number.NaN, 121, 135, 148, 148],
  point: [136, 119, 104],
  levels: [0.025, 0.1, 0.5, 0.9, 0.975],
  quantiles: [
    [110, 90, 70],
    [120, 100, 85],
    [136, 119, 104],
    [150, 138, 125],
    [162, 150, 141],
  ],
  steps: ["1949-01", "1949-09", "1949-11"] as const,
};
const points = [
  [0, 0, 1],
  [4, 1, 0],
  [4.1, 1.1, 0],
  [-3, 2, 0],
  [-3, -2, 0.5],
  [9, -1, 0],
];
const map = vectorMap({
  labels: ["the cat", "a dog", "a dog that barks", "yesterday", "tomorrow", "a word far from all others"],
  vectors: points,
  groups: ["animals", "animals", "animals", "times", "times", "others"],
});
const caption = {
  text: "a red circle",
  tokens: ["a", "red", "circle"],
  attention: [
    [0.5, 0.25, 0.25, 0],
    [0, 0, 0, 1],
    [0.25, 0.25, 0.25, 0.25],
  ],
  grid: { rows: 2, columns: 2 },
  photo: { href: "data:image/png;base64,iVBORw0KGgo=", width: 4, height: 2 },
};
const frames = {
  name: "two voices",
  labels: Array.from({ length: 12 }, (_, key) => String(key)),
  probabilities: Float32Array.from(
    { length: 30 * 12 },
    (_, i) => [0.9, 0, 0.01, 0.2, 0, 0.6, 0][(i * 5) % 7] as number,
  ),
  truth: Array.from({ length: 30 }, (_, t) => [String(t % 12), String((t + 4) % 12)]),
};
const gates = gateShares(
  ["layer 1 input gate", "layer 1 forget gate"].map((name, gate) => ({
    name,
    kind: gate === 0 ? "i" : "f",
    units: 4,
    values: Float32Array.from({ length: 40 }, (_, i) => ((7 * i + gate) % 20) / 19),
  })),
);
const norms = [
  { name: "rnn", norms: Array.from({ length: 40 }, (_, lag) => 0.7 ** lag) },
  { name: "lstm", norms: Array.from({ length: 40 }, (_, lag) => 0.98 ** lag / 2) },
];
const tokens = ["He ", "said ", "\u201c", "come ", "here", "\u201d", ".\n", "She ", "went", "."];
const values = [0, 0.1, 0.9, 1, 0.8, 0.4, -0.2, -0.7, -1, 0];
const labels = [
  { label: "spoken", precision: 0.75, recall: 0.6, f1: 2 / 3, support: 1000 },
  { label: "told", precision: 0.9, recall: 0.95, f1: 0.924, support: 5403 },
];
const scores = {
  models: [["the network", 0.93] as const, ["always told", 0.63] as const],
  labels,
  confusion: [
    [600, 400],
    [270, 5133],
  ],
};

const tagged: TaggedText[] = [
  {
    pieces: [
      { tokens: ["Captain", "Ahab"], tag: "person", right: true },
      { tokens: ["went", "to"], tag: null, right: true },
      { tokens: ["<sea>"], tag: "place", right: false },
    ],
    missed: [{ text: "Nan & tucket", tag: "place" }],
  },
  { pieces: [{ tokens: ["a\u001bb"], tag: "NOUN", right: true }], missed: [] },
];

const table = {
  words: ["cat", "dog", "<b>", "a word that is longer than its cell"],
  vectors: [
    [0.31, -0.22, 0.54, 0, 0.1, -0.4],
    [0.3, -0.2, 0.5, 0.01, 0.12, -0.38],
    [-0.6, 0.2, 0, 0.3, 0, 0.1],
    [0, 0, 0, 0, 0, 0],
  ],
};

/** Numbered names of groups, of which a row holds a few. */
const many = Array.from({ length: 13 }, (_, i) => `group ${i + 1} of many`);
/** A page without its programs and styles. */
const bare = (page: string) => page.replace(/(<(?:script|style)>).*?(<\/(?:script|style)>)/gs, "$1$2");
const report = () =>
  renderReport({
    title: "a model",
    summary: "A model of two units.",
    figures: [["validation loss", "2.1 nats"]],
    configuration: [["cell", "lstm"]],
    history: { ...historyOf((step) => 3 - step / 10), samples: [{ step: 1200, loss: 2.5, text: "a text" }] },
    unit: "nats per character",
    trace: {
      tokens,
      surprise: Float32Array.from(tokens, (_, t) => t / 3),
      layers: [
        {
          name: "layer 1 cell",
          kind: "cell",
          units: 2,
          values: Float32Array.from({ length: 20 }, (_, i) => (i % 7) - 3),
        },
      ],
      gates: [
        {
          name: "layer 1 input gate",
          kind: "i",
          units: 2,
          values: Float32Array.from({ length: 20 }, (_, i) => (i % 5) / 4),
        },
      ],
    },
    gradients: norms,
  });

const pictures: Record<string, () => string | Promise<string>> = {
  "attention.svg": () => attentionSVG(alignment),
  "attention with a title.svg": () => attentionSVG(wide, { title: "one and two" }),
  "beam tree.svg": async () => beamTreeSVG(await search()),
  "beam tree with limits.svg": async () =>
    beamTreeSVG(await search({ beams: 6, length: 12 }), { title: "limits", steps: 4, branches: 2 }),
  "caption.svg": () => captionSVG(caption),
  "caption without a photo.svg": () => captionSVG({ ...caption, photo: undefined }, { columns: 2 }),
  "curves.svg": () => curvesSVG(runs),
  "curves over seconds.svg": () => curvesSVG(runs, { measure: "perplexity", over: "seconds", logarithmic: true }),
  "one curve.svg": () => curvesSVG(runs.slice(0, 1), { measure: "learningRate", over: "tokens", title: "rate" }),
  "forecast.svg": () => forecastSVG([chart, { ...chart, levels: [], quantiles: [] }]),
  "frames.svg": () => frameSVG(frames),
  "gates.svg": () => gatesSVG(gates, { title: "gates" }),
  "gradient flow.svg": () => gradientFlowSVG(norms),
  "heads.svg": () => headsSVG(heads, { title: "two blocks" }),
  "heads.html": () => headsSection(heads.slice(1)).text,
  "lookup table.svg": () => lookupTableSVG(table),
  "ladder.svg": () =>
    ladderSVG(
      [
        { title: "2-gram, additive", perplexity: 274.3, seconds: 0.2, parameters: 280_000 },
        { title: "5-gram, Kneser-Ney", perplexity: 141.2, seconds: 1.4, parameters: 4_900_000 },
        { title: "LSTM, 2 layers", perplexity: 96.04, seconds: 1800, parameters: 4_650_000 },
      ],
      { title: "Penn Treebank: perplexity of what comes after" },
    ),
  "map.svg": () => vectorMapSVG(map),
  "map with many groups.svg": () =>
    vectorMapSVG({ ...map, points: many.map((group, i) => ({ label: `${i}`, x: i % 5, y: i % 3, group })) }),
  "map without groups.svg": () =>
    vectorMapSVG({ ...map, points: map.points.map(({ group, ...point }) => point) }, { title: "sentences" }),
  "attention, no colour.txt": () => attentionTerminal(alignment, { depth: 0 }),
  "attention in grids, 256 colours.txt": () => attentionTerminal(wide, { depth: 8, width: 60 }),
  "attention, all colours.txt": () => attentionTerminal(alignment, { depth: 24, width: 50 }),
  "beam tree.txt": async () => beamTreeTerminal(await search(), { depth: 0 }),
  "beam tree, narrow and coloured.txt": async () =>
    beamTreeTerminal(await search(), { depth: 24, width: 50, steps: 3 }),
  "forecast.txt": () => forecastTerminal(chart, { width: 60, depth: 0 }),
  "forecast, coloured.txt": () => forecastTerminal(chart, { width: 60, depth: 24 }),
  "text, no colour.txt": () => `${colourText(tokens, values, { depth: 0, width: 30 })}\n${legend(1, 0)}`,
  "text, 256 colours.txt": () => `${colourText(tokens, values, { depth: 8, width: 30 })}\n${legend(1, 8)}`,
  "text, all colours.txt": () =>
    `${colourText(tokens, values, { depth: 24, width: 80, limit: 2 })}\n${legend(2, 24, ["shut", "open"])}`,
  "chart.txt": () => blockChart([3, 2.5, 2.2, 2, 1.9, 1.85, 1.8, 1.79], { width: 40, height: 6 }),
  "page.html": () => bare(report()),
  "captions.html": () => captionSection([{ ...caption, references: ["a circle", "one red circle"] }]).text,
  "scores.html": () => scoresSection(scores).text,
  "labelled.html": () =>
    labelledSection([
      { tokens, weights: values.map(Math.abs), label: "spoken", probability: 0.9, truth: "spoken" },
      { tokens, weights: null, label: "told", probability: 0.6, truth: "spoken" },
    ]).text,
  "tagged.html": () => taggedSection(tagged).text,
  "tagged, no colour.txt": () =>
    tagged.map((text) => taggedTerminal(text, { tags: tagsIn(tagged), depth: 0, width: 24 })).join("\n"),
  "tagged, 256 colours.txt": () =>
    tagged.map((text) => taggedTerminal(text, { tags: tagsIn(tagged), depth: 8, width: 60 })).join("\n"),
  "alignments.html": () => attentionSection([{ ...alignment, caption: "a caption" }]).text,
  "words.html": () =>
    wordSection({
      table: { words: table.words.slice(0, 2), vectors: table.vectors.slice(0, 2) },
      map: null,
      neighbours: [{ word: "cat", near: [{ word: "dog", similarity: 0.99 }] }],
      agreement: [["wordsim.txt", "Spearman 0.3512, 310 of 353 pairs"]],
    }).text,
  "translations.html": () => translationSection([{ source: "a b", reference: "c d", hypothesis: "c e" }]).text,
};

test.each(Object.entries(pictures))("%s is drawn as it was when somebody looked at it", async (name, draw) => {
  const drawn = await draw();
  if (name.endsWith(".svg")) expectPicture(drawn);
  await expect(`${drawn}\n`).toMatchFileSnapshot(`pictures/${name}`);
});

test("labels that no attention led to are shown as they are", () => {
  const [sample] = [{ tokens, weights: null, label: "told", probability: 0.6, truth: "spoken" }];
  const { text } = labelledSection([sample]);
  expect(text).toContain("<p>Texts, and the labels that the model gives them.</p>");
  expect(text).not.toContain("background");
});

test("a picture has the title that it is given, or none", async () => {
  const tree = await search();
  const drawings: ((options: { title?: string }) => string)[] = [
    (options) => attentionSVG(alignment, options),
    (options) => beamTreeSVG(tree, options),
    (options) => gatesSVG(gates, options),
    (options) => gradientFlowSVG(norms, options),
    (options) => headsSVG(heads, options),
    (options) => lookupTableSVG(table, options),
    (options) => vectorMapSVG(map, options),
  ];
  for (const draw of drawings) {
    expect(draw({ title: "a <name>" })).toContain("<title>a &lt;name&gt;</title>");
    expect(draw({ title: "" })).toContain("\n<title></title>");
    expect(draw({})).toMatch(/\n<title>[^<]+<\/title>/);
  }
  expect(curvesSVG(runs, { title: "" })).toContain("\n<title>loss, nats per token over updates</title>");
});

test("a table of words needs a vector of the same length for each, and says which it got", () => {
  const draw =
    (words: string[], ...vectors: number[][]) =>
    () =>
      lookupTableSVG({ words, vectors: vectors.map((vector) => Float32Array.from(vector)) });
  expect(draw(["a"], [1])).not.toThrow();
  // Numbers that are all 0 have no colour.
  expect(draw(["a"], [0, 0])().match(/fill-opacity="0"/g)).toHaveLength(2);
  expect(draw(["a"], [0, 0])()).not.toContain("NaN");
  expect(draw([])).toThrow("lookupTableSVG: there are no words with vectors.");
  expect(draw(["a"], [])).toThrow("lookupTableSVG: there are no words with vectors.");
  const wrong = "lookupTableSVG: expected 2 vectors of 1 numbers, got lengths ";
  expect(draw(["a", "b"], [1])).toThrow(`${wrong}1.`);
  expect(draw(["a", "b"], [1], [1, 2])).toThrow(`${wrong}1, 2.`);
});
