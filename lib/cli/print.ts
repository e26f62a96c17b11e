import cliProgress from "cli-progress";
import type { ColourDepth } from "../viz/index.js";
import type { Printable } from "./output.js";
import { notes, paint, results } from "./output.js";

/** The printer of a command. Results go to stdout, progress and notes to stderr, so that pipes carry results only. */
export interface Printer {
  readonly json: boolean;
  /** A line of the result. */
  line(...parts: readonly Printable[]): void;
  /** A line for people, about what is going on; silent with --json and --quiet. */
  note(...parts: readonly Printable[]): void;
  /** With --json: one JSON object on one line. */
  object(value: object): void;
  /** A progress bar on a terminal, a plain line every few seconds elsewhere. */
  progress(): ProgressLine;
}

export interface ProgressLine {
  /** @param share 0 to 1. */
  update(share: number, text: string): void;
  /** Removes the bar, so that a note can be printed. */
  pause(): void;
  stop(): void;
}

/** Seconds between plain progress lines. */
const plainSeconds = 10;

let muted = false;

/** Makes printers that print nothing from here on: one of several processes prints for all. */
export function mutePrinters(): void {
  muted = true;
}

export function printer({ json = false, quiet = false }: { json?: boolean; quiet?: boolean }): Printer {
  if (muted) return { json, line: () => {}, note: () => {}, object: () => {}, progress: () => noProgress };
  const silent = json || quiet;
  return {
    json,
    line: (...parts) => {
      if (!json) results.write(...parts, "\n");
    },
    note: (...parts) => {
      if (!silent) notes.write(...parts, "\n");
    },
    object: (value) => {
      if (json) results.json(value);
    },
    progress: () => (silent ? noProgress : process.stderr.isTTY ? bar() : plainLines()),
  };
}

const noProgress: ProgressLine = { update: () => {}, pause: () => {}, stop: () => {} };

function bar(): ProgressLine {
  const format = `${paint.cyan("{bar}").text} {percentage} %  {text}`;
  const options = { format, barsize: 24, hideCursor: true, clearOnComplete: true, stream: process.stderr, fps: 8 };
  let line: cliProgress.SingleBar | null = null;
  const stop = () => {
    line?.stop();
    line = null;
  };
  return {
    update: (share, text) => {
      if (!line) {
        line = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
        line.start(1000, Math.round(share * 1000), { text });
      }
      line.update(Math.round(share * 1000), { text });
    },
    pause: stop,
    stop,
  };
}

function plainLines(): ProgressLine {
  let last = Number.NEGATIVE_INFINITY;
  return {
    update: (share, text) => {
      const now = performance.now();
      if (now - last < plainSeconds * 1000) return;
      last = now;
      notes.write(`${(100 * share).toFixed(1).padStart(5)} %  ${text}\n`);
    },
    pause: () => {},
    stop: () => {},
  };
}

/** A text on one line of output, one line for each of input: its line ends become spaces. */
export function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}

/** A name in a column of output: tabs and line ends become spaces. */
export function oneCell(name: string): string {
  return name.replace(/[\t\r\n]/g, " ");
}

/** The first of some names, for notes about what was read. */
export function firstOf(names: readonly string[], most = 20): string {
  return `${names.slice(0, most).map(oneCell).join(" ")}${names.length > most ? " ..." : ""}`;
}

/** The beginning of a text on one line, for notes about what was read. */
export function shortened(text: string): string {
  const characters = [...oneLine(text)];
  return characters.length > 100 ? `${characters.slice(0, 99).join("")}…` : characters.join("");
}

/** The colours that pictures on stdout may use. */
export function colourDepth(): ColourDepth {
  if (process.env.NO_COLOR || !process.stdout.hasColors?.()) return 0;
  return process.stdout.getColorDepth() >= 24 ? 24 : 8;
}

/** Seconds as a person reads them: 42 s, 3 min 10 s, 2 h 5 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A number with thin groups: 929,589. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** "1 pair", "929,589 tokens" */
export function countOf(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : `${noun}s`}`;
}
