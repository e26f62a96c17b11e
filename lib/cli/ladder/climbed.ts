import { join } from "node:path";
import type { TokenStream } from "../../data/index.js";
import type { TrainingRecord } from "../../formats/index.js";
import { expectFreeFolder, holdsModel, occupied, writeFileAtomically } from "../../formats/index.js";
import { loadModel } from "../../models/registry.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { Printer } from "../print.js";
import { duration, oneLine } from "../print.js";
import { isBegun } from "./network.js";
import type { LadderRow } from "./row.js";
import { ladderIn } from "./row.js";
import type { LadderText, Rung } from "./rung.js";

/** Parts of the text that are measured side by side. */
const sideBySide = 16;

/** Tokens of the sample that each model writes. */
const sampleLength = 40;

interface Ladder {
  text: LadderText;
  /** The text that all models are measured on. */
  test: TokenStream;
  /** How it was called. */
  record: TrainingRecord;
  /** A digest that tells it from another ladder in the same folder. */
  key: string;
  out: string;
  /** Whether models of others give way. */
  overwrite: boolean;
  signal: AbortSignal;
  print: Printer;
}

/**
 * The rows of some rungs, from the lowest up: what the folder has of this ladder stays, what it has begun goes on, the rest is made.
 * @throws FileError where that would cost a model of others.
 */
export async function climbed(rungs: readonly Rung[], ladder: Ladder): Promise<LadderRow[]> {
  const { text, key, out, print } = ladder;
  const rows: LadderRow[] = [];
  const below = new Map<string, TextModel>();
  const fitting = rungs.filter((rung) => rung.fits?.(text) ?? true);
  const known = await knownRows(fitting, ladder);
  for (const [i, rung] of fitting.entries()) {
    const folder = join(out, rung.name);
    const before = known.find(({ name }) => name === rung.name);
    if (before && (await holdsModel(folder))) {
      below.set(rung.name, (await loadModel(folder, { executor: text.executor })) as TextModel);
      rows.push(before);
      print.object(before);
      continue;
    }
    print.note(`${i + 1} of ${fitting.length}, ${rung.title}: ${rung.brings}.`);
    // Whoever stops it finds no row of this rung, whose folder is no longer what it was.
    const others = known.filter(({ name }) => name !== rung.name && !rows.some((own) => own.name === name));
    await keep(out, { key, begun: rung.name, rows: [...rows, ...others] });
    const row = await made(rung, { ...ladder, below, folder });
    rows.push(row);
    print.object(row);
    await keep(out, { key, rows: [...rows, ...others] });
    print.note(`  perplexity ${row.perplexity.toFixed(2)} after ${duration(row.seconds)}.`);
  }
  return rows;
}

/** The rows that the folder has of this ladder. */
async function knownRows(
  rungs: readonly Rung[],
  { out, key, record, overwrite }: Ladder,
): Promise<readonly LadderRow[]> {
  const before = await ladderIn(out);
  if (before && before.key !== key && !overwrite) {
    throw occupied(`${out} holds a ladder of another text, other settings or another version`);
  }
  const known = before?.key === key ? before.rows : [];
  for (const { name } of rungs) {
    const folder = join(out, name);
    const isOwn = before?.key === key && (before.begun === name || known.some((row) => row.name === name));
    if (isOwn || (await isBegun(folder, record))) continue;
    await expectFreeFolder("ladder", folder, { overwrite });
  }
  return known;
}

async function keep(out: string, ladder: { key: string; begun?: string; rows: readonly LadderRow[] }): Promise<void> {
  await writeFileAtomically(join(out, "ladder.json"), `${JSON.stringify(ladder, null, 2)}\n`);
}

/** Makes a model, measures it, and lets it write. */
async function made(
  rung: Rung,
  { text, test, record, below, folder, signal, print }: Ladder & { below: Map<string, TextModel>; folder: string },
): Promise<LadderRow> {
  const line = print.progress();
  const start = performance.now();
  const onProgress = (share: number, words: string) => line.update(share, `${rung.title}: ${words}`);
  const making = rung.make({ text, below, folder, record, signal, onProgress });
  const { model, tokens, seconds = (performance.now() - start) / 1000 } = await making.finally(() => line.stop());
  below.set(rung.name, model);
  const { perplexity, bitsPerCharacter } = await model.evaluate(test, {
    batchSize: sideBySide,
    windowLength: text.settings.windowLength,
    signal,
  });
  const drawing = { count: 1, maximumLength: sampleLength, temperature: 0.8, seed: text.settings.seed, signal };
  const [sample = ""] = await model.generateAll(drawing);
  return {
    name: rung.name,
    title: rung.title,
    parameters: model.parameterCount,
    seconds,
    tokensPerSecond: tokens / seconds,
    perplexity,
    bitsPerCharacter,
    sample: oneLine(sample.trim()),
  };
}
