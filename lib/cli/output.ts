import pc from "picocolors";
import { visible, visibleJson } from "../visible.js";

/** Text that goes to a terminal as it is: colours of our own, and pictures of lib/viz, whose labels were made visible there. */
export class Painted {
  constructor(readonly text: string) {}
}

/** A part of what is printed. Texts may be anybody's: on a terminal, nothing in them is invisible or gives it orders. */
export type Printable = string | Painted;

/** Colours for stderr, where all that is coloured goes: on a terminal, or on request. In a pipe, also that of a CI, none. */
const colours = pc.createColors(pc.isColorSupported && (process.stderr.isTTY || !!process.env.FORCE_COLOR));

/** Text in a colour. */
export const paint = {
  red: (text: string) => new Painted(colours.red(visible(text))),
  green: (text: string) => new Painted(colours.green(visible(text))),
  cyan: (text: string) => new Painted(colours.cyan(visible(text))),
  dim: (text: string) => new Painted(colours.dim(visible(text))),
  bold: (text: string) => new Painted(colours.bold(visible(text))),
};

/** Where commands write. Everything that a command prints goes through one of the two. */
export interface Output {
  /** Writes parts one after another. A pipe gets the bytes as they are. */
  write(...parts: readonly Printable[]): void;
  /** Writes a value as JSON on a line. Numbers that JSON does not have are the texts "NaN", "Infinity" and "-Infinity". */
  json(value: object): void;
}

/** The part of process.stdout and process.stderr that is used here. */
interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Results. */
export const results: Output = outputTo(process.stdout);

/** Notes, progress and errors. */
export const notes: Output = outputTo(process.stderr);

/** Output to a stream. */
export function outputTo(stream: Stream): Output {
  const shown = (part: Printable) => (part instanceof Painted ? part.text : stream.isTTY ? visible(part) : part);
  return {
    write: (...parts) => {
      stream.write(parts.map(shown).join(""));
    },
    json: (value) => {
      const text = JSON.stringify(value, readable);
      stream.write(`${stream.isTTY ? visibleJson(text) : text}\n`);
    },
  };
}

function readable(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/**
 * Results of one text that comes in pieces. A joiner at the end of a piece waits for the next: what it joins decides whether it
 * is shown.
 */
export function resultPieces(stream: Stream = process.stdout): { push(piece: string): void; end(): void } {
  let [before, held] = ["", ""];
  const print = (text: string) => {
    stream.write(visible(before + text).slice(visible(before).length));
    before = (before + text).slice(-4);
  };
  return {
    push: (piece) => {
      if (!stream.isTTY) {
        stream.write(piece);
        return;
      }
      const text = held + piece;
      held = /[\u200c\u200d]*$/.exec(text)?.[0] ?? "";
      print(text.slice(0, text.length - held.length));
    },
    end: () => print(held),
  };
}
