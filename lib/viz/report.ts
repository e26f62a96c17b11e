import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { checkOption } from "../options.js";
import type { ActivationTrace } from "./activations.js";
import { featureTitles, rankFeatures, rankUnits, textFeatures } from "./activations.js";
import type { AttentionMap } from "./attentionMap.js";
import type { ForecastChart } from "./forecastChart.js";
import type { FramePicture } from "./frameSVG.js";
import type { GateShare } from "./gates.js";
import { gateShares, openAbove, shutBelow } from "./gates.js";
import { gatesSVG } from "./gatesSVG.js";
import type { GradientCurve } from "./gradientFlowSVG.js";
import { gradientFlowSVG, isDrawable } from "./gradientFlowSVG.js";
import type { AttentionHeads } from "./headsSVG.js";
import { historyRule } from "./historyRule.js";
import { Markup, markup, scriptEnd } from "./markup.js";
import type { CaptionSample } from "./reportCaptions.js";
import { captionSection } from "./reportCaptions.js";
import type { LabelledSample, ReportScores } from "./reportClassification.js";
import { labelledSection, scoresSection } from "./reportClassification.js";
import type { ReportForecastScores } from "./reportForecasts.js";
import { forecastScoresSection, forecastSection } from "./reportForecasts.js";
import { frameSection } from "./reportFrames.js";
import { headsSection } from "./reportHeads.js";
import { reportScript } from "./reportScript.js";
import { reportStyle } from "./reportStyle.js";
import { taggedSection } from "./reportTagging.js";
import type { TranslationSample } from "./reportTranslation.js";
import { attentionSection, translationSection } from "./reportTranslation.js";
import type { ReportWords } from "./reportWords.js";
import { wordSection } from "./reportWords.js";
import type { TaggedText } from "./taggedText.js";

/** The curves and samples of a training. */
export interface ReportHistory {
  steps: readonly {
    step: number;
    epoch: number;
    tokens: number;
    seconds: number;
    loss: number;
    gradientNorm: number;
    learningRate: number;
    tokensPerSecond: number;
  }[];
  validations: readonly {
    step: number;
    epoch: number;
    loss: number;
    perplexity: number;
    bitsPerCharacter?: number;
    accuracy?: number;
  }[];
  samples: readonly { step: number; loss: number; text: string }[];
}

export interface ReportData {
  title: string;
  /** A line about the model and how it was trained. */
  summary: string;
  /** Key figures, such as ["validation loss", "1.503 nats"]. */
  figures: readonly (readonly [name: string, value: string])[];
  /** The options of the model. */
  configuration: readonly (readonly [name: string, value: string])[];
  history?: ReportHistory;
  trace?: ActivationTrace;
  /** Where a model of pairs looked while it wrote. */
  attention?: readonly (AttentionMap & { caption?: string })[];
  /** Which token looks at which, by head. */
  heads?: readonly AttentionHeads[];
  /** Series with what a model expects of them. */
  forecasts?: readonly ForecastChart[];
  /** How good forecasts were, beside those that learn nothing. */
  forecastScores?: ReportForecastScores;
  /** Unit of the loss. Default: nats per token. */
  unit?: string;
  /** Captions of images, and where the model looked for each word. */
  captions?: readonly CaptionSample[];
  /** Sequences with the labels of their frames. */
  frames?: readonly FramePicture[];
  /** Texts that a model of pairs wrote, beside those of a person. */
  translations?: readonly TranslationSample[];
  /** How well a classifier does, beside simpler models. */
  scores?: ReportScores;
  /** Texts that a classifier has labelled. */
  labelled?: readonly LabelledSample[];
  /** Sentences that a tagger has tagged. */
  tagged?: readonly TaggedText[];
  /** Norms of a gradient by time lag. */
  gradients?: readonly GradientCurve[];
  /** Words and their vectors. */
  words?: ReportWords;
}

/** Most values of units and gates that go into a report: 16 million are 21 MB of it. */
const mostValues = 16_000_000;

/**
 * A report as one HTML file that needs nothing else: styles, scripts and data are inside.
 * @throws OptionError for a history with a number that is none.
 */
export function renderReport(data: ReportData): string {
  const { title, summary, figures, configuration, history, trace, attention = [], captions = [] } = data;
  const { translations = [], frames = [], scores, labelled = [], tagged = [] } = data;
  const { forecasts = [], unit = "nats per token", gradients = [] } = data;
  if (history) checkOption("renderReport", "history", history, historyRule);
  const require = createRequire(import.meta.url);
  const asset = (name: string) => new Markup(readFileSync(require.resolve(`uplot/dist/${name}`), "utf8"));
  const charts = history && history.steps.length > 1;
  const embedded = { history: charts ? curves(history) : null, trace: trace ? packed(trace) : null };
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${asset("uPlot.min.css")}${new Markup(reportStyle)}</style>
</head>
<body>
<header><h1>${title}</h1><p>${summary}</p>
<dl class="figures">${figures.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main>
${charts ? chartSection(unit, { norms: history.steps.some(({ gradientNorm }) => gradientNorm > 0) }) : ""}
${data.forecastScores ? forecastScoresSection(data.forecastScores) : ""}
${forecasts.length > 0 ? forecastSection(forecasts) : ""}
${data.words ? wordSection(data.words) : ""}
${translations.length > 0 ? translationSection(translations) : ""}
${scores ? scoresSection(scores) : ""}
${labelled.length > 0 ? labelledSection(labelled) : ""}
${tagged.length > 0 ? taggedSection(tagged) : ""}
${attention.length > 0 ? attentionSection(attention) : ""}
${data.heads && data.heads.length > 0 ? headsSection(data.heads) : ""}
${frames.length > 0 ? frameSection(frames) : ""}
${captions.length > 0 ? captionSection(captions) : ""}
${trace ? activationSection(trace) : ""}
${trace?.gates && trace.gates.length > 0 ? gateSection(gateShares(trace.gates), trace) : ""}
${gradients.some(isDrawable) ? gradientSection(gradients) : ""}
${history && history.samples.length > 0 ? sampleSection(history.samples) : ""}
<section><h2>The model</h2><table>${configuration.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</table></section>
</main>
<script>${charts ? asset("uPlot.iife.min.js") : ""}${scriptEnd}
<script type="application/json" id="data">${embed(embedded)}${scriptEnd}
<script>${new Markup(reportScript)}${scriptEnd}
</body>
</html>
`.text;
}

/** @param options.norms whether there are any: a model that makes its own steps has no gradient. */
const chartSection = (unit: string, { norms }: { norms: boolean }) => markup`<section><h2>How it learnt</h2>
<div class="controls"><label><input type="checkbox" id="log"> logarithmic</label></div>
<figure><div class="chart" id="loss"></div><figcaption>Loss in ${unit}: each batch, their running mean, and the validations.</figcaption></figure>
<div class="pair">${norms ? markup`<figure><div class="chart" id="norm"></div><figcaption>Norm of the gradient before clipping.</figcaption></figure>` : ""}
<figure><div class="chart" id="rate"></div><figcaption>Learning rate.</figcaption></figure></div></section>`;

function gateSection(gates: readonly GateShare[], trace: ActivationTrace): Markup {
  const [all, shown] = [trace.tokens.length, shownTokens(trace)];
  const over = shown < all ? `all ${all} tokens of the text, of which the first ${shown} are above` : "the text above";
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const row = ({ name, open, shut }: GateShare) =>
    markup`<tr><th scope="row">${name}</th><td>${percent(open)}</td><td>${percent(shut)}</td></tr>`;
  return markup`<section class="scores"><h2>How often gates are open and shut</h2>
<p>Over ${over}. A point is a unit: to the right the share of the time that its gate is shut, upwards that it is open. A unit whose forget
gate is always open counts; one whose gates are always shut does nothing. The gates of single units are among those above, where red is open and blue is shut.</p>
<table><tr><td></td><th scope="col">open, above ${openAbove}</th><th scope="col">shut, below ${shutBelow}</th></tr>${gates.map(row)}</table>
<figure class="picture">${new Markup(gatesSVG(gates))}</figure></section>`;
}

function gradientSection(curves: readonly GradientCurve[]): Markup {
  return markup`<section><h2>How far the gradient reaches back</h2>
<p>Norm of the gradient of a token's loss with respect to the state at each lag before it, the mean over places of the text: a line that falls
is a gradient that vanishes. Beyond it, nothing can be learnt from what was read.</p>
<figure class="picture">${new Markup(gradientFlowSVG(curves))}</figure></section>`;
}

function activationSection(trace: ActivationTrace): Markup {
  const options = rankFeatures(trace).map(
    (feature) => markup`<option value="${feature}">${featureTitles[feature]}</option>`,
  );
  const gates = trace.gates?.length
    ? markup`; by a gate: <span class="negative">shut</span>, <span class="positive">open</span>`
    : "";
  return markup`<section><h2>What single units watch</h2>
<p>Each character is coloured by one unit after reading it: <span class="negative">negative</span>, <span class="positive">positive</span>${gates}. Some units
of a trained network mean something: they keep track of quotation marks, of the length of a line, of brackets.</p>
<div class="controls"><label>order units by <select id="feature">${options}</select></label>
<button type="button" id="previous" aria-label="previous unit">&#9664;</button><select id="unit" aria-label="unit"></select>
<button type="button" id="next" aria-label="next unit">&#9654;</button>
<label><input type="checkbox" id="surprise"> surprise instead (bits)</label></div>
<p id="reading" aria-live="polite"></p><div id="text" class="text"></div></section>`;
}

function sampleSection(samples: ReportHistory["samples"]): Markup {
  const item = ({ step, loss, text }: ReportHistory["samples"][number]) =>
    markup`<li><h3>after ${step.toLocaleString("en-US")} updates <small>loss ${loss.toFixed(3)}</small></h3><pre>${text}</pre></li>`;
  return markup`<section><h2>What it wrote while it learnt</h2><ol class="samples">${samples.map(item)}</ol></section>`;
}

function curves(history: ReportHistory) {
  return {
    step: history.steps.map(({ step }) => step),
    loss: history.steps.map(({ loss }) => loss),
    norm: history.steps.map(({ gradientNorm }) => gradientNorm),
    rate: history.steps.map(({ learningRate }) => learningRate),
    validations: history.validations.map(({ step, loss }) => [step, loss]),
  };
}

/** Tokens of the text that are shown coloured. */
function shownTokens({ tokens, layers, gates = [] }: ActivationTrace): number {
  const perToken = [...layers, ...gates].reduce((sum, { units }) => sum + units, 0);
  return Math.min(tokens.length, Math.floor(mostValues / Math.max(1, perToken)));
}

/** Activations as signed bytes, scaled by each layer's largest value. */
function packed(walk: ActivationTrace) {
  const trace = { ...walk, layers: [...walk.layers, ...(walk.gates ?? [])] };
  const length = shownTokens(walk);
  const layers = trace.layers.map((layer) => {
    const { name, units, values } = layer;
    const used = values.subarray(0, length * units);
    // A gate is red where it is open and blue where it is shut.
    const centre = walk.gates?.includes(layer) ? 0.5 : 0;
    const limit = centre || used.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-9);
    const bytes = Int8Array.from(used, (value) => Math.round((127 * (value - centre)) / limit));
    return { name, units, limit, centre, values: Buffer.from(bytes.buffer).toString("base64") };
  });
  const order = Object.fromEntries(
    textFeatures.map((feature) => [
      feature,
      rankUnits(trace, feature)
        .slice(0, 400)
        .map(({ layer, unit, score }) => [layer, unit, Number(score.toFixed(3))]),
    ]),
  );
  return {
    tokens: trace.tokens.slice(0, length),
    surprise: Array.from(trace.surprise.subarray(0, length), (bits) => Number(bits.toFixed(2))),
    layers,
    order,
  };
}

/** JSON that cannot end the script element it stands in. */
function embed(value: object): Markup {
  const json = JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
  return new Markup(json);
}
