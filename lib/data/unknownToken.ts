import { InputError } from "../errors.js";
import { codePointName, countLineEnds, printable } from "./characters.js";

/** A character or word that is not in the vocabulary. */
export class UnknownTokenError extends InputError {
  constructor(
    /** As it stands in the text. */
    readonly token: string,
    /** Where it stands, both from 1; the column counts code points. */
    readonly place: { line: number; column: number },
    readonly vocabulary: { kind: "character" | "word"; size: number },
  ) {
    super(wording(token, `line ${place.line}, column ${place.column}`, vocabulary));
  }

  /** The same error for a line of a file: "book.txt, line 12". */
  in(line: string): InputError {
    return new InputError(wording(this.token, `${line}, column ${this.place.column}`, this.vocabulary), this);
  }
}

function wording(token: string, where: string, { kind, size }: UnknownTokenError["vocabulary"]): string {
  const which = kind === "character" ? `"${printable(token)}" (${codePointName(token)})` : `"${printable(token)}"`;
  const remedy =
    kind === "character"
      ? "make the vocabulary with a token for the unknown (unknown: true; --unknown on the command line)"
      : "make the vocabulary with a token for the unknown (unknown: true, or maximumSize for the most frequent words; --vocabulary " +
        "on the command line)";
  return (
    `Unknown ${kind} ${which} at ${where}: it is not among the ${size} ${kind}s of the vocabulary. ` +
    `Take it out of the text, or ${remedy} and train again.`
  );
}

/** Counts lines and columns over the segments of a text, so that an error can say where it is. */
export class Place {
  #line = 1;
  #column = 1;

  /** Moves past a segment. */
  pass(segment: string): void {
    const lineEnds = countLineEnds(segment);
    this.#line += lineEnds;
    const lastLine = segment.slice(segment.lastIndexOf("\n") + 1);
    this.#column = (lineEnds > 0 ? 1 : this.#column) + [...lastLine].length;
  }

  /** The place of the UTF-16 unit `index` of the segment that comes next. */
  at(segment: string, index: number): { line: number; column: number } {
    const before = segment.slice(0, index);
    const lineEnds = countLineEnds(before);
    const column = (lineEnds > 0 ? 1 : this.#column) + [...before.slice(before.lastIndexOf("\n") + 1)].length;
    return { line: this.#line + lineEnds, column };
  }
}
