import type { TaggedSentence } from "../../data/index.js";
import { tokenPlace } from "../../data/index.js";
import { InputError } from "../../errors.js";

/** A score that no sum of others makes up for, and finite. */
const impossible = -1e30;

interface Mark {
  readonly mark: "B" | "I" | "E" | "S" | "O";
  readonly type: string;
}

/** BILOU names the last and the only token of a span differently, BMES those in its middle. */
const markNames: Readonly<Record<string, Mark["mark"]>> = { B: "B", I: "I", M: "I", E: "E", S: "S", L: "E", U: "S" };

/**
 * Which tags may follow each other, by their names: I-X after B-X or I-X alone (BIO), and where there are E-X or S-X (BIOES; BILOU's L and
 * U; BMES, whose M is I) a span that begins also ends. In IOB1 I-X may follow anything, and B-X only B-X and I-X. Null for tags of another form, as parts of
 * speech, that may follow each other freely.
 */
export class TagScheme {
  readonly #marks: readonly Mark[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #closed: boolean;
  /** "BIO", "BIOES", "BILOU", "BMES" or "IOB1". */
  readonly name: string;

  private constructor(labels: readonly string[], marks: readonly Mark[], scheme: "IOB1" | null) {
    this.#marks = marks;
    this.#ids = new Map(labels.map((label, id) => [label, id]));
    this.#closed = marks.some(({ mark }) => mark === "E" || mark === "S");
    this.name = scheme ?? (this.#closed ? closedScheme(labels) : "BIO");
  }

  /** @param scheme IOB1 where the names of the tags are to be read so: see `TaggerVocabulary.scheme`. */
  static of(labels: readonly string[], scheme: "IOB1" | null = null): TagScheme | null {
    const marks = labels.map((label): Mark | null => {
      if (label === "O") return { mark: "O", type: "" };
      const mark = label[1] === "-" ? markNames[label[0] as string] : undefined;
      return mark ? { mark, type: label.slice(2) } : null;
    });
    if (!marks.every((mark) => mark !== null) || !marks.some(({ mark }) => mark !== "O")) return null;
    if (scheme === "IOB1") return new TagScheme(labels, marks, scheme);
    const begun = new Set(marks.filter(({ mark }) => mark === "B").map(({ type }) => type));
    return marks.every(({ mark, type }) => mark !== "I" || begun.has(type)) ? new TagScheme(labels, marks, null) : null;
  }

  /** Whether a tag may stand at the beginning (null before it), at the end (null after it), or after another. */
  allows(before: string | null, after: string | null): boolean {
    const markOf = (tag: string | null): Mark =>
      tag === null ? { mark: "O", type: "" } : (this.#marks[this.#ids.get(tag) as number] as Mark);
    const [one, next] = [markOf(before), markOf(after)];
    const goesOn = next.mark === "I" || next.mark === "E";
    const isOpen = one.mark === "B" || one.mark === "I";
    if (this.name === "IOB1") return next.mark !== "B" || (isOpen && one.type === next.type);
    if (goesOn) return isOpen && one.type === next.type;
    return !isOpen || !this.#closed;
  }

  /** @throws InputError for tags that may not follow each other: it names the place. */
  expect(sentence: TaggedSentence, at: { index: number; count: number }): void {
    const { tags } = sentence;
    for (let t = 0; t <= tags.length; t++) {
      const [before, after] = [tags[t - 1] ?? null, tags[t] ?? null];
      if (this.allows(before, after)) continue;
      const place = tokenPlace(sentence, Math.min(t, tags.length - 1), at);
      const what =
        after === null
          ? `${before} cannot end a sentence`
          : `${after} cannot ${before === null ? "begin a sentence" : `follow ${before}`}`;
      throw new InputError(
        `${place}: ${what}: the tags look like ${this.name}. Correct it, or let any tag follow any other ` +
          "(constraints: false; --no-constraints).",
      );
    }
  }
}

/** Scores that forbid transitions, [C+2,C] as those of `ops.crf`: 0 where a tag may follow, else far below all others. */
export function forbiddenTransitions(labels: readonly string[], scheme: TagScheme | null): Float32Array {
  const C = labels.length;
  const scores = new Float32Array((C + 2) * C);
  if (!scheme) return scores;
  for (const [j, label] of labels.entries()) {
    for (const [i, before] of [...labels, null].entries()) {
      if (!scheme.allows(before, label)) scores[i * C + j] = impossible;
    }
    if (!scheme.allows(label, null)) scores[(C + 1) * C + j] = impossible;
  }
  return scores;
}

/** The form of tags that mark the ends of spans. */
function closedScheme(labels: readonly string[]): string {
  if (labels.some((label) => /^[LU]-/.test(label))) return "BILOU";
  return labels.some((label) => label.startsWith("M-")) ? "BMES" : "BIOES";
}
