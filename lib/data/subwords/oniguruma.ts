import { CharacterClasses } from "./characterClasses.js";

/** Repetitions without a limit in one alternative: each may multiply the time by the length of the text. */
const mostRepetitions = 2;

/** Most times that something with a limit may be repeated. */
const longestRepetition = 1000;

/** Groups inside groups. */
const deepest = 50;

/** A part of an expression, translated. */
interface Part {
  readonly source: string;
  /** Whether it can match one and the same text in several ways: repeated, such a part can take exponential time. */
  readonly varies: boolean;
  /** Repetitions without a limit, in the alternative with the most. */
  readonly repetitions: number;
  /** Whether it can match no character at all. */
  readonly empty: boolean;
}

/**
 * An expression of Oniguruma (Ruby's syntax, as Hugging Face's library uses it) as one of JavaScript with the flag v.
 *
 * Read are literals, classes with classes inside them, properties, groups, (?i:...) around ASCII, atomic groups, possessive
 * and lazy repetitions, looking ahead and behind, and anchors. The classes are those of Unicode 16.
 * @throws Error that says what else there is, and for repetitions inside repetitions, which can take for ever.
 */
export function translateExpression(expression: string): { source: string; empty: boolean } {
  return new Translator(expression).translate();
}

class Translator {
  readonly #text: string;
  #at = 0;
  #atomics = 0;
  #ignoresCase = false;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  translate(): Part {
    const whole = this.#alternatives();
    if (this.#at < this.#text.length) throw new Error('there is a ")" too many');
    return whole;
  }

  #alternatives(): Part {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    const [only] = parts;
    if (parts.length === 1) return only as Part;
    return {
      source: parts.map(({ source }) => source).join("|"),
      varies: true,
      repetitions: parts.reduce((largest, part) => Math.max(largest, part.repetitions), 0),
      empty: parts.some(({ empty }) => empty),
    };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    const before = this.#ignoresCase;
    while (this.#at < this.#text.length && !this.#ahead("|") && !this.#ahead(")")) parts.push(this.#repeated());
    this.#ignoresCase = before;
    const repetitions = parts.reduce((sum, part) => sum + part.repetitions, 0);
    if (repetitions > mostRepetitions)
      throw new Error(`more than ${mostRepetitions} repetitions without a limit follow one another`);
    return {
      source: parts.map(({ source }) => source).join(""),
      varies: parts.some(({ varies }) => varies),
      repetitions,
      empty: parts.every(({ empty }) => empty),
    };
  }

  #repeated(): Part {
    let part = this.#atom();
    for (let range = this.#range(); range; range = this.#range()) {
      const { minimum, maximum, mode } = range;
      if (maximum > 1 && part.varies) throw new Error("it repeats what itself repeats or has alternatives");
      const count = `{${minimum},${maximum === Number.POSITIVE_INFINITY ? "" : maximum}}`;
      const once = part.varies || part.source.endsWith("}") ? `(?:${part.source})` : part.source;
      const source = `${once}${count}${mode === "lazy" ? "?" : ""}`;
      part = {
        source: mode === "possessive" ? this.#atomic(source) : source,
        varies: part.varies || minimum !== maximum,
        repetitions: part.repetitions + (maximum === Number.POSITIVE_INFINITY ? 1 : 0),
        empty: part.empty || minimum === 0,
      };
    }
    return part;
  }

  #range(): { minimum: number; maximum: number; mode: "greedy" | "lazy" | "possessive" } | null {
    const rest = this.#text.slice(this.#at, this.#at + 24);
    const [short] = /^[*+?]/u.exec(rest) ?? [];
    if (short) {
      this.#at++;
      const mode = this.#take("?") ? "lazy" : this.#take("+") ? "possessive" : "greedy";
      return { minimum: short === "+" ? 1 : 0, maximum: short === "?" ? 1 : Number.POSITIVE_INFINITY, mode };
    }
    const interval = /^\{(?:(\d*)(,?)(\d*))\}/u.exec(rest);
    if (!interval) return null;
    const [whole, low = "", comma, high = ""] = interval;
    if (low === "" && high === "") throw new Error(`"${whole}" is no repetition`);
    this.#at += whole.length;
    const minimum = Number(low);
    const maximum = comma === "" ? minimum : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (minimum > maximum) throw new Error(`"${whole}" is no repetition`);
    if (minimum > longestRepetition || (high !== "" && maximum > longestRepetition)) {
      throw new Error(`"${whole}" repeats too often`);
    }
    // For Ruby "{3}?" need not be there, and "{1,3}+" repeats the repetition: any number from 1 on.
    if (comma === "" && this.#ahead("?")) throw new Error(`"${whole}?" is not read here`);
    if (minimum < 2 && minimum !== maximum && this.#take("+")) {
      return { minimum, maximum: Number.POSITIVE_INFINITY, mode: "greedy" };
    }
    return { minimum, maximum, mode: this.#take("?") ? "lazy" : "greedy" };
  }

  #atom(): Part {
    if (this.#take("(")) return this.#group();
    const classes = new CharacterClasses(this.#text, this.#at, this.#ignoresCase);
    const anchor = classes.anchor();
    const source = anchor ?? classes.atom();
    this.#checkFolding(classes.end);
    this.#at = classes.end;
    return { source, varies: false, repetitions: 0, empty: anchor !== undefined };
  }

  #group(): Part {
    if (++this.#depth > deepest) throw new Error(`groups lie more than ${deepest} deep`);
    const [open, name, flags] = /^\?(?:([:=!>]|<[=!])|(i):)|^(?!\?)/u.exec(this.#text.slice(this.#at)) ?? [];
    if (open === undefined) throw new Error(`"(${this.#text.slice(this.#at, this.#at + 3)}" is not read here`);
    this.#at += open.length;
    const before = this.#ignoresCase;
    if (flags === "i") this.#ignoresCase = true;
    const inner = this.#alternatives();
    this.#ignoresCase = before;
    this.#depth--;
    if (!this.#take(")")) throw new Error('a ")" is missing');
    if (name === ">") return { ...inner, source: this.#atomic(inner.source) };
    const looks = name !== undefined && name !== ":";
    return { ...inner, source: `(?${looks ? name : ":"}${inner.source})`, empty: looks || inner.empty };
  }

  /** An atomic group: matched in a look-ahead, then taken as it is, so that no other match is tried. */
  #atomic(source: string): string {
    const name = `a${++this.#atomics}`;
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
  }

  /** Letters that together fold to a ligature would also match it. */
  #checkFolding(end: number): void {
    if (this.#ignoresCase && /^(?:ss|ff|fi|fl|st)$/iu.test(this.#text.slice(end - 1, end + 1))) {
      throw new Error(`"${this.#text.slice(end - 1, end + 1)}" without regard to case is not read here`);
    }
  }

  #ahead(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#ahead(character)) return false;
    this.#at++;
    return true;
  }
}
