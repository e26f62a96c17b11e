import { describe, InputError } from "../errors.js";
import type { DateForm, DateOrder, TimeStep } from "./dates.js";
import { parseDate, sharedDay, stepBetween, stepsBetween, stepText, writeDate } from "./dates.js";
import type { SeriesTimes } from "./series.js";

/** The date of a row, for one series. */
export interface DatedRow {
  readonly text: string;
  readonly place: string;
}

/** The dates of one series, and how many steps each is behind the first. */
export interface TimeColumn {
  readonly times: SeriesTimes;
  /** Steps from the first date to each. */
  readonly positions: readonly number[];
  readonly length: number;
}

/** Whether 3/4/2021 is the 3rd of April: where some date can be nothing else. */
export function dateOrderOf(texts: Iterable<string>): DateOrder {
  for (const text of texts) if (/^\s*(1[3-9]|2\d|3[01])([/-])\d{1,2}\2\d{4}/.test(text)) return "day first";
  return "month first";
}

/**
 * The dates of one series. The step is the distance that is commonest between neighbours.
 * @param options.missingDates rule for a date that is left out: "refuse" it with an error, or "fill" it, its values being missing.
 * @throws InputError that names the line: for what is no date, dates that come twice or not in order, and unequal steps.
 */
export function timeColumn(
  rows: readonly DatedRow[],
  { missingDates, order }: { missingDates: "refuse" | "fill"; order: DateOrder },
): TimeColumn {
  const dates = rows.map(({ text, place }) => {
    const date = parseDate(text, order);
    if (date) return date;
    throw new InputError(
      `${place}: expected a date, as 2021-03-04, 2021-03 or 2021-03-04 13:00, got ${describe(text)}.`,
    );
  });
  const forms: readonly DateForm[] = ["year", "month", "day", "minute", "second"];
  const form = dates.reduce<DateForm>(
    (most, own) => (forms.indexOf(own.form) > forms.indexOf(most) ? own.form : most),
    "year",
  );
  const between = dates.slice(1).map(({ time }, i) => {
    const before = dates[i]?.time as number;
    const { place, text } = rows[i + 1] as DatedRow;
    if (time === before) throw new InputError(`${place}: the date ${text} comes twice in one series.`);
    if (time > before) return stepBetween(before, time);
    throw new InputError(
      `${place}: the date ${text} is before that of the row above. Sort the rows, the oldest first.`,
    );
  });
  const step = commonest(between) ?? usualStep(form);
  const positions = [0];
  for (const [i, { time }] of dates.slice(1).entries()) {
    const before = dates[i]?.time as number;
    const { place, text } = rows[i + 1] as DatedRow;
    const steps = stepsBetween(before, time, step);
    if (steps === 1 || (steps !== null && missingDates === "fill")) {
      positions.push((positions[i] as number) + steps);
      continue;
    }
    const after = `${place}: the date ${text} is ${stepText(stepBetween(before, time))} after ${writeDate(before, form)}`;
    throw new InputError(
      steps === null
        ? `${after}, and the series has steps of ${stepText(step)}.`
        : `${after}, so ${steps - 1} of the series' steps of ${stepText(step)} ${steps === 2 ? "is" : "are"} left out. Add the rows, or have ` +
            'their values taken as missing (missingDates: "fill"; --missing-dates fill).',
    );
  }
  const start = dates[0]?.time ?? 0;
  const own = sharedDay(
    dates.map(({ time }) => time),
    step,
  );
  return { times: { start, step, form, ...own }, positions, length: (positions.at(-1) as number) + 1 };
}

function commonest(steps: readonly TimeStep[]): TimeStep | undefined {
  const counts = new Map<string, number>();
  for (const step of steps) counts.set(JSON.stringify(step), (counts.get(JSON.stringify(step)) ?? 0) + 1);
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  return best && (JSON.parse(best[0]) as TimeStep);
}

/** The step of a series with one date alone: what the date is written in, and days where it has a time of day. */
function usualStep(form: DateForm): TimeStep {
  return form === "year" ? { months: 12 } : form === "month" ? { months: 1 } : { milliseconds: 86_400_000 };
}
