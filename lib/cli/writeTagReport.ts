import type { TaggedSentence } from "../data/index.js";
import { writeFileAtomically } from "../formats/index.js";
import { tagSpans } from "../metrics/index.js";
import type { TaggerEvaluation } from "../models/sequenceTagger/scores.js";
import type { SequenceTagger } from "../models/sequenceTagger/sequenceTagger.js";
import { cellOf } from "../nn/cellRegistry.js";
import type { History } from "../train/events.js";
import type { TaggedPiece, TaggedText } from "../viz/index.js";
import { renderReport } from "../viz/index.js";
import { countOf } from "./print.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** Sentences in a report. */
const mostSentences = 60;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** A tagger in a few words. */
export function describeTagger({
  network: { config, languages },
  tokenizer: { words, labels },
}: Pick<SequenceTagger, "network" | "tokenizer">): string {
  return (
    `a tagger (${config.layers}-layer ${config.bidirectional ? "bidirectional " : ""}${cellOf(config.cell).title}, ` +
    `${config.characters === "none" ? "words" : `words and their characters by ${config.characters}`}` +
    `${["", ", read with a language model", ", read with two language models"][languages.length]}) ` +
    `of ${countOf(words.size, "word")}, with ${countOf(labels.size, "tag")}`
  );
}

/** Some sentences with the tags that the model gives them: those with something wrong come first. */
export async function taggedTexts(
  model: SequenceTagger,
  sentences: readonly TaggedSentence[],
  signal: AbortSignal,
): Promise<TaggedText[]> {
  const shown = sentences.slice(0, mostSentences);
  const found = await model.tag(
    shown.map(({ tokens }) => tokens),
    { signal },
  );
  const marksSpans = model.labels.some((label) => /^[BIESLUM]-/.test(label));
  const texts = shown.map((sentence, i) => {
    const tags = found[i]?.tags as string[];
    return marksSpans ? spansOf(sentence, tags) : tokensOf(sentence, tags);
  });
  const isRight = ({ pieces, missed }: TaggedText) => Number(missed.length === 0 && pieces.every(({ right }) => right));
  return texts.sort((a, b) => isRight(a) - isRight(b));
}

/** Each token with its tag. */
function tokensOf({ tokens, tags: truth }: TaggedSentence, tags: readonly string[]): TaggedText {
  const pieces = tokens.map((token, t) => ({ tokens: [token], tag: tags[t] as string, right: tags[t] === truth[t] }));
  const missed = tokens.flatMap((token, t) => (tags[t] === truth[t] ? [] : [{ text: token, tag: truth[t] as string }]));
  return { pieces, missed };
}

/** The spans that tags mark, and the tokens between them. */
function spansOf({ tokens, tags: truth }: TaggedSentence, tags: readonly string[]): TaggedText {
  const [given, true_] = [tagSpans(tags), tagSpans(truth)];
  const isIn = (spans: typeof given, { type, begin, end }: (typeof given)[number]) =>
    spans.some((other) => other.type === type && other.begin === begin && other.end === end);
  const pieces: TaggedPiece[] = [];
  let next = 0;
  const skipTo = (begin: number) => {
    if (begin > next) pieces.push({ tokens: tokens.slice(next, begin), tag: null, right: true });
  };
  for (const span of given) {
    skipTo(span.begin);
    pieces.push({ tokens: tokens.slice(span.begin, span.end), tag: span.type, right: isIn(true_, span) });
    next = span.end;
  }
  skipTo(tokens.length);
  const missed = true_.filter((span) => !isIn(given, span));
  return {
    pieces,
    missed: missed.map(({ type, begin, end }) => ({ text: tokens.slice(begin, end).join(" "), tag: type })),
  };
}

/** Writes the report of a tagger: curves, scores of each tag or type of span, and sentences with their tags in colour. */
export async function writeTagReport({
  model,
  folder,
  history,
  scores,
  texts,
  file,
}: {
  model: SequenceTagger;
  folder: string;
  history: (History & { seconds: number }) | null;
  /** Null where no sentences are given. */
  scores: TaggerEvaluation | null;
  texts: readonly TaggedText[];
  file: string;
}): Promise<void> {
  const figures = figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount });
  const { spans = null } = scores ?? {};
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeTagger(model), history?.steps.at(-1)),
    figures: [
      ...(spans ? [["F1 of spans", percent(spans.f1)] as const] : []),
      ...(scores ? [["accuracy", percent(scores.accuracy)] as const] : []),
      ...figures,
    ],
    configuration: Object.entries(model.network.config).map(([name, value]) => [
      name,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
    ...(history ? { history } : {}),
    ...(scores ? { scores: scoresOf(scores) } : {}),
    tagged: texts,
  });
  await writeFileAtomically(file, html);
}

function scoresOf({ accuracy, usualAccuracy, spans, labels, confusion }: TaggerEvaluation) {
  const models: [string, number][] = [
    ["this network", accuracy],
    ["each word's most frequent tag", usualAccuracy],
  ];
  if (!spans) return { models, labels, confusion };
  return { models, labels: spans.types.map(({ type, ...score }) => ({ label: type, ...score })), confusion: null };
}
