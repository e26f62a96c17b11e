import type { Pair } from "../data/index.js";
import { writeFileAtomically } from "../formats/index.js";
import type { HeadAttention } from "../models/headAttention.js";
import type { PairModel } from "../models/pairModel/pairModel.js";
import type { History } from "../train/events.js";
import { renderReport } from "../viz/index.js";
import { alignmentOf } from "./alignment.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** Pairs in the report's table, and pictures of attention. */
const [mostPairs, mostPictures] = [40, 8];

/** Writes the report of a model of pairs: curves, some of what it writes, and where it looked. */
export async function writePairReport({
  model,
  description,
  folder,
  history,
  pairs,
  file,
  heads,
}: {
  model: PairModel;
  /** The model in a few words. */
  description: string;
  folder: string;
  history: (History & { seconds: number }) | null;
  pairs: readonly Pair[];
  file: string;
  /** Which token looks at which over a pair, by head, for the first of them. Default: none. */
  heads?: (pair: Pair) => Promise<HeadAttention[]>;
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
    summary: summaryOf(description, last),
    figures: figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount }),
    configuration: Object.entries(config).map(([name, value]) => [name, String(value)] as const),
    ...(history ? { history } : {}),
    attention,
    ...(heads && shown[0] ? { heads: await heads(shown[0]) } : {}),
    translations: shown.map((pair, i) => ({
      source: pair.source,
      reference: pair.target,
      hypothesis: translations[i]?.text ?? "",
    })),
  });
  await writeFileAtomically(file, html);
}
