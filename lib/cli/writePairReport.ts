import type { Pair } from "../data/index.js";
import { writeFileAtomically } from "../formats/index.js";
import type { Seq2Seq } from "../models/seq2seq/seq2seq.js";
import { cellOf } from "../nn/cellRegistry.js";
import type { History } from "../train/events.js";
import { renderReport } from "../viz/index.js";
import { alignmentOf } from "./alignment.js";
import { countOf } from "./print.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** Pairs in the report's table, and pictures of attention. */
const [mostPairs, mostPictures] = [40, 8];

/** An encoder-decoder in a few words. */
export function describeSeq2Seq({ network: { config }, tokenizer }: Pick<Seq2Seq, "network" | "tokenizer">): string {
  const { source, target } = tokenizer;
  return (
    `an encoder-decoder (${cellOf(config.cell).title}) with layers of ${config.hiddenSize} units and ` +
    `${config.attention === "none" ? "no" : config.attention} attention, from ${countOf(source.size, `${source.kind} token`)} to ` +
    `${countOf(target.size, `${target.kind} token`)}`
  );
}

/** Writes the report of a model of pairs: curves, some of what it writes, and where it looked. */
export async function writePairReport({
  model,
  folder,
  history,
  pairs,
  file,
}: {
  model: Seq2Seq;
  folder: string;
  history: (History & { seconds: number }) | null;
  pairs: readonly Pair[];
  file: string;
}): Promise<void> {
  const { config } = model.network;
  const shown = pairs.slice(0, mostPairs);
  const translations = await model.translate(shown.map((pair) => pair.source));
  const attention = translations.slice(0, mostPictures).flatMap((translation, i) => {
    const alignment = alignmentOf(translation);
    return alignment ? [{ ...alignment, caption: `${shown[i]?.source} → ${translation.text}` }] : [];
  });
  const last = history?.steps.at(-1);
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeSeq2Seq(model), last),
    figures: figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount }),
    configuration: Object.entries(config).map(([name, value]) => [name, String(value)] as const),
    ...(history ? { history } : {}),
    attention,
    translations: shown.map((pair, i) => ({
      source: pair.source,
      reference: pair.target,
      hypothesis: translations[i]?.text ?? "",
    })),
  });
  await writeFileAtomically(file, html);
}
