import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../../formats/index.js";
import { list, object, optional, real, text, whole } from "../../options.js";
import { count, duration } from "../print.js";
import type { Rung } from "./rung.js";

/** A line of the table. */
export interface LadderRow {
  name: string;
  title: string;
  parameters: number;
  /** Time of training. */
  seconds: number;
  tokensPerSecond: number;
  /** Perplexity of the text that all are measured on. */
  perplexity: number;
  bitsPerCharacter?: number | undefined;
  sample: string;
}

const ladderFile = object({
  key: text(),
  /** The rung whose model is being made, or has been and is not measured yet. */
  begun: optional(text()),
  rows: list(
    object({
      name: text(),
      title: text(),
      parameters: whole({ maximum: Number.MAX_SAFE_INTEGER }),
      seconds: real({ minimum: 0 }),
      tokensPerSecond: real({ minimum: 0 }),
      perplexity: real({ above: 0 }),
      bitsPerCharacter: optional(real({ minimum: 0 })),
      sample: text({ empty: true }),
    }),
  ),
});

/** The rows of the ladder in a folder, and its key, which tells it from others; null for none. @throws FileError for a file that is damaged. */
export async function ladderIn(
  folder: string,
): Promise<{ key: string; begun?: string | undefined; rows: readonly LadderRow[] } | null> {
  const file = join(folder, "ladder.json");
  return existsSync(file) ? readJsonFile(file, ladderFile) : null;
}

/** The table of a ladder, and what may keep each rung that is no better than those below it. */
export function tableLines(rows: readonly LadderRow[], rungs: readonly Rung[]): string[] {
  const cells = rows.map((row) => [
    row.title,
    row.perplexity.toFixed(row.perplexity < 20 ? 3 : 1),
    row.bitsPerCharacter === undefined ? "" : row.bitsPerCharacter.toFixed(3),
    duration(row.seconds),
    count(row.parameters),
    count(row.tokensPerSecond),
  ]);
  const titles = ["model", "perplexity", "bits per character", "time", "parameters", "tokens/s"];
  const widths = titles.map((title, c) =>
    cells.reduce((most, row) => Math.max(most, (row[c] as string).length), title.length),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number))).join("  ");
  const lines = [line(titles), ...cells.map(line), ""];
  let best = Number.POSITIVE_INFINITY;
  const reasons: string[] = [];
  for (const row of rows) {
    const rung = rungs.find(({ name }) => name === row.name);
    if (row.perplexity >= best && rung?.unless) reasons.push(`  ${row.title}: ${rung.unless}.`);
    best = Math.min(best, row.perplexity);
  }
  if (reasons.length > 0) {
    lines.push(
      "No better than a model above it. Networks need more text and more epochs (--epochs) than counts; where that is not it, it may be that",
      ...reasons,
      "",
    );
  }
  const width = rows.reduce((most, { title }) => Math.max(most, title.length), 0);
  for (const { title, sample } of rows) lines.push(`${title.padEnd(width)}  ${sample}`);
  return lines;
}
