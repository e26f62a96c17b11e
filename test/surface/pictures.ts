import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry } from "./row.js";

export const pictureRows: Record<string, Entry> = {
  accuracy: entry(ostinato.accuracy as never, () => [[["a"]], [["a"]]]),
  bleu: entry(ostinato.bleu as never, () => [["a b"], ["a b"], { lowercase: true }]),
  sentenceBleu: entry(ostinato.sentenceBleu as never, () => ["a b", ["a b"], {}]),
  scoreTexts: entry(ostinato.scoreTexts as never, () => [["a b"], ["a b"], { lowercase: true }]),
  chrf: entry(ostinato.chrf as never, () => [["a b"], ["a b"], { wordOrder: 2 }]),
  spanScores: entry(ostinato.spanScores as never, () => [[["B-X"]], [["O"]]]),
  tagSpans: entry(ostinato.tagSpans as never, () => [["B-X", "O"]]),
  captionSVG: entry(
    ostinato.captionSVG as never,
    () => [{ text: "a", tokens: ["a"], attention: [[0.5, 0.5]], grid: { rows: 1, columns: 2 } }, { columns: 3 }],
    [0],
  ),
  classificationScores: entry(ostinato.classificationScores as never, () => [["a"], ["a"], ["a", "b"]]),
  mase: entry(ostinato.mase as never, () => [[1, 2], [2, 2], [0, 1, 3], { season: 1 }]),
  smape: entry(ostinato.smape as never, () => [[1], [2]]),
  mape: entry(ostinato.mape as never, () => [[1], [2]]),
  meanAbsoluteError: entry(ostinato.meanAbsoluteError as never, () => [[1], [2]]),
  meanSquaredError: entry(ostinato.meanSquaredError as never, () => [[1], [2]]),
  owa: entry(
    ostinato.owa as never,
    () => [
      { smape: 1, mase: 1 },
      { smape: 2, mase: 2 },
    ],
    [0, 1],
  ),
  crps: entry(ostinato.crps as never, () => [[1], [0.5], [[2]]]),
  msis: entry(ostinato.msis as never, () => [[1], [[0], [2]], [0, 1, 3], { season: 1, coverage: 0.9 }]),
  intervalCoverage: entry(ostinato.intervalCoverage as never, () => [[1], [0], [2]]),
  naiveForecast: entry(ostinato.naiveForecast as never, () => [[1, 2], 3]),
  seasonalNaiveForecast: entry(ostinato.seasonalNaiveForecast as never, () => [[1, 2], 3, { season: 2 }]),
  driftForecast: entry(ostinato.driftForecast as never, () => [[1, 2], 3, { season: 2 }]),
  naive2Forecast: entry(ostinato.naive2Forecast as never, () => [[1, 2], 3, { season: 2 }]),
  editDistance: entry(ostinato.editDistance as never, () => [["a"], ["b"]]),
  rougeL: entry(ostinato.rougeL as never, () => [[["a"]], [[["a"]]], { beta: 2 }]),
  errorRate: entry(ostinato.errorRate as never, () => [[["a"]], [[["a"]]]]),
  attentionSVG: entry(
    ostinato.attentionSVG as never,
    () => [{ source: ["a"], target: ["b"], weights: [[1]] }, { title: "t" }],
    [0],
  ),
  gateShares: entry(ostinato.gateShares as never, () => [
    [{ name: "a", kind: "f", units: 1, values: Float32Array.of(0, 1) }],
  ]),
  gatesSVG: entry(ostinato.gatesSVG as never, () => [
    [{ name: "a", kind: "f", open: 1, shut: 0, units: [{ open: 1, shut: 0 }] }],
    { title: "t" },
  ]),
  headsSVG: entry(ostinato.headsSVG as never, () => [
    [{ name: "a", source: ["x", "y"], target: ["z"], heads: [[[0.5, 0.5]]] }],
    { title: "t" },
  ]),
  gradientFlowSVG: entry(ostinato.gradientFlowSVG as never, () => [[{ name: "a", norms: [1, 0.5] }], { title: "t" }]),
  spearman: entry(ostinato.spearman as never, () => [
    [1, 2],
    [2, 1],
  ]),
  lookupTableSVG: entry(ostinato.lookupTableSVG as never, () => [{ words: ["a"], vectors: [[1, 2]] }, { title: "t" }]),
  ladderSVG: entry(ostinato.ladderSVG as never, () => [
    [{ title: "LSTM", perplexity: 12.5, seconds: 3, parameters: 100 }],
    { title: "t" },
  ]),
  frameSVG: entry(
    ostinato.frameSVG as never,
    () => [{ name: "a", labels: ["x", "y"], probabilities: [0.2, 0.8, 0.6, 0.4], truth: ["y", ["x"]] }],
    [0],
  ),
  forecastSVG: entry(ostinato.forecastSVG as never, () => [
    [{ name: "a", history: [1, 2], point: [3], levels: [0.1, 0.9], quantiles: [[2], [4]], steps: ["1", "3", "3"] }],
  ]),
  beamTreeSVG: entry(
    ostinato.beamTreeSVG as never,
    () => [
      {
        nodes: [{ id: 1, parent: -1, logProbability: -1, score: -1 }],
        hypotheses: [{ ids: [1], score: -1, ended: false }],
        end: 0,
        textOf: (token: number) => String(token),
      },
      { title: "t", steps: 3, branches: 2 },
    ],
    [0],
  ),
  curvesSVG: entry(ostinato.curvesSVG as never, () => [
    [
      {
        name: "a",
        history: {
          steps: [
            { step: 1, loss: 1, epoch: 1, seconds: 1, tokens: 5, gradientNorm: 1, learningRate: 1, tokensPerSecond: 1 },
          ],
          validations: [],
          samples: [],
        },
      },
    ],
    { title: "t" },
  ]),
  vectorMap: entry(ostinato.vectorMap as never, () => [
    {
      labels: ["a", "b", "c"],
      vectors: [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
      groups: ["x", "x", "y"],
    },
  ]),
  vectorMapSVG: entry(ostinato.vectorMapSVG as never, () => [
    ostinato.vectorMap({
      labels: ["a", "b", "c"],
      vectors: [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
    }),
    { title: "t" },
  ]),
  beamSearch: entry(ostinato.beamSearch as never, () => [
    (tokens: number[], states: unknown[]) => ({ logProbabilities: tokens.map(() => [-2, -1, -3]), states }),
    0,
    { begin: 0, end: 1, beams: 2, maximumLength: 3 },
  ]),
};
