import type { ClassifierVocabulary, LabelledText, Tokenizer } from "../data/index.js";
import { FrameFeatures } from "../data/index.js";
import { writeFileAtomically } from "../formats/index.js";
import { labelsOf } from "../models/sequenceClassifier/examples.js";
import type {
  Classification,
  ClassifierEvaluation,
  SequenceClassifier,
} from "../models/sequenceClassifier/sequenceClassifier.js";
import { cellOf } from "../nn/cellRegistry.js";
import type { History } from "../train/events.js";
import type { LabelledSample } from "../viz/index.js";
import { renderReport } from "../viz/index.js";
import { countOf } from "./print.js";
import { majorityText } from "./printClassification.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** Texts in a report. */
const mostTexts = 60;

/** A classifier in a few words. */
export function describeClassifier({
  network: { config },
  tokenizer: { text, labels },
}: Pick<SequenceClassifier, "network" | "tokenizer">): string {
  return (
    `a classifier (${config.layers}-layer ${config.bidirectional ? "bidirectional " : ""}${cellOf(config.cell).title}, ` +
    `${config.pooling} pooling) of ${readOf(text)}, with ${countOf(labels.size, "label")}`
  );
}

/** Input of a classifier, in words: "12 features", "1,200 word tokens". */
export function readOf(text: ClassifierVocabulary["text"]): string {
  return text instanceof FrameFeatures
    ? `${countOf(text.size, "feature")}`
    : `${countOf(text.size, `${text.kind} token`)}`;
}

/** The first texts with the labels that the model gives them; those that it has wrong come first. */
export async function labelledSamples(
  model: SequenceClassifier,
  examples: readonly LabelledText[],
  signal: AbortSignal,
): Promise<LabelledSample[]> {
  const shown = examples.slice(0, mostTexts);
  const found = await model.classify(
    shown.map(({ sequence, text }) => sequence ?? text),
    { signal },
  );
  const samples = shown.map((example, i) => sampleOf(model, example, found[i] as Classification));
  const isRight = ({ label, truth }: LabelledSample) => Number(label === truth);
  return samples.sort((a, b) => isRight(a) - isRight(b));
}

function sampleOf(model: SequenceClassifier, example: LabelledText, found: Classification): LabelledSample {
  const labels = [found.label].flat();
  const likely = labels.map((label) => found.probabilities[label] as number);
  return {
    tokens: piecesOf(model, example),
    weights: found.attention ?? null,
    label: labels.join(", ") || "no label",
    // The least certain of several labels, or where there is none, the least certain to be absent.
    probability: likely.length > 0 ? Math.min(...likely) : 1 - Math.max(...Object.values(found.probabilities)),
    truth: [...labelsOf(example)].sort().join(", ") || "no label",
  };
}

/** The tokens of a text, or the numbers of a sequence's frames. */
function piecesOf({ tokenizer: { features, text } }: SequenceClassifier, example: LabelledText): string[] {
  if (features) return Array.from({ length: example.sequence?.frames.shape[0] ?? 0 }, (_, t) => `${t + 1} `);
  const tokenizer = text as Tokenizer;
  const decoder = tokenizer.decoder();
  return Array.from(tokenizer.encode(example.text), (id) => decoder.push(id));
}

/** Writes the report of a classifier: curves, scores beside those of simpler models, and where it looked in some texts. */
export async function writeLabelReport({
  model,
  folder,
  history,
  scores,
  samples,
  file,
}: {
  model: SequenceClassifier;
  folder: string;
  history: (History & { seconds: number }) | null;
  /** Null where no texts are given. */
  scores: ClassifierEvaluation | null;
  samples: readonly LabelledSample[];
  file: string;
}): Promise<void> {
  const figures = figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount });
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeClassifier(model), history?.steps.at(-1)),
    figures: scores ? [["accuracy", `${(100 * scores.accuracy).toFixed(2)} %`], ...figures] : figures,
    configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
    ...(history ? { history } : {}),
    ...(scores ? { scores: { ...scores, models: modelsOf(scores) } } : {}),
    labelled: samples,
  });
  await writeFileAtomically(file, html);
}

function modelsOf({ accuracy, linear, majority }: ClassifierEvaluation): [name: string, accuracy: number][] {
  return [
    ["this network", accuracy],
    ...(linear ? [[linear.name, linear.accuracy] as [string, number]] : []),
    ...(majority ? [[`always ${majorityText(majority)}`, majority.accuracy] as [string, number]] : []),
  ];
}
