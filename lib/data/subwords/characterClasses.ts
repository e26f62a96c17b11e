import { unassigned, whiteSpace } from "./libraryUnicode.js";

const anyWord = `[[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u{B2}\\u{B3}\\u{B9}\\u{BC}-\\u{BE}]--[${unassigned}]]`;

/** Escapes that stand for sets of characters. */
const sets: Readonly<Record<string, string>> = {
  s: whiteSpace,
  S: `[^${whiteSpace}]`,
  d: `[\\p{Nd}--[${unassigned}]]`,
  D: `[^[\\p{Nd}--[${unassigned}]]]`,
  w: anyWord,
  W: `[^${anyWord}]`,
};

/** Escapes that stand for one character. */
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

const anchors: readonly (readonly [written: string, source: string])[] = [
  // A line is ended by "\n" alone, and none begins after the last one.
  ["^", "(?:(?<![^])|(?<=\\n)(?=[^]))"],
  ["$", "(?![^\\n])"],
  ["\\A", "(?<![^])"],
  ["\\z", "(?![^])"],
  ["\\Z", "(?=\\n?(?![^]))"],
  ["\\b", `(?:(?<=${anyWord})(?!${anyWord})|(?<!${anyWord})(?=${anyWord}))`],
  ["\\B", `(?:(?<=${anyWord})(?=${anyWord})|(?<!${anyWord})(?!${anyWord}))`],
];

const categories =
  "C|Cc|Cf|Cn|Co|L|Ll|Lm|Lo|Lt|Lu|M|Mc|Me|Mn|N|Nd|Nl|No|P|Pc|Pd|Pe|Pf|Pi|Po|Ps|S|Sc|Sk|Sm|So|Z|Zl|Zp|Zs";
const scripts = "Han|Hangul|Hiragana|Katakana|Latin|Greek|Cyrillic|Arabic|Hebrew|Thai|Devanagari";
const category = new RegExp(`^(?:${categories})$`, "u");
const script = new RegExp(`^(?:${scripts})$`, "u");

/** A character or a class of an expression of Oniguruma, read from one place of it. */
export class CharacterClasses {
  /** Where reading stopped. */
  end: number;
  readonly #text: string;
  readonly #ignoresCase: boolean;

  constructor(text: string, start: number, ignoresCase: boolean) {
    this.#text = text;
    this.end = start;
    this.#ignoresCase = ignoresCase;
  }

  /** The anchor that stands here, if one does. */
  anchor(): string | undefined {
    const anchor = anchors.find(([written]) => this.#text.startsWith(written, this.end));
    if (anchor) this.end += anchor[0].length;
    return anchor?.[1];
  }

  /** One character, escape or class. */
  atom(): string {
    if (this.#take("[")) return this.#class(0);
    if (this.#take(".")) return "[^\\n]";
    const next = this.#text[this.end] ?? "";
    if (/[*+?{]/u.test(next)) throw new Error(`"${next}" repeats nothing`);
    const item = this.#item();
    return typeof item === "string" ? item : `[${this.#cased(item)}]`;
  }

  #class(depth: number): string {
    if (depth > 8) throw new Error("classes lie more than 8 deep");
    const negates = this.#take("^");
    if (negates && this.#ignoresCase) throw new Error('"[^" without regard to case is not read here');
    const items: string[] = [];
    for (let first = true; first || !this.#ahead("]"); first = false) {
      if (this.end >= this.#text.length || this.#ahead("]")) throw new Error("a class is empty or has no end");
      if (this.#ahead("[:") || this.#ahead("&&")) {
        throw new Error(`"${this.#text.slice(this.end, this.end + 2)}" in a class is not read here`);
      }
      items.push(this.#take("[") ? this.#class(depth + 1) : this.#rangeOrItem(first));
    }
    this.end++;
    return `[${negates ? "^" : ""}${items.join("")}]`;
  }

  #rangeOrItem(first: boolean): string {
    const hyphen = this.#ahead("-");
    const low = this.#item();
    if (hyphen && !first && !this.#ahead("]")) throw new Error('"-" inside a class is not read here: write "\\-"');
    if (typeof low === "string") {
      if (this.#ahead("-") && !this.#ahead("-]")) throw new Error("a range begins with a class");
      return low;
    }
    if (!this.#ahead("-") || this.#ahead("-]")) return this.#cased(low);
    this.end++;
    const high = this.#ahead("[") ? "" : this.#item();
    if (typeof high === "string" || high < low) throw new Error("a range has no proper end");
    if (this.#ignoresCase) throw new Error("a range without regard to case is not read here");
    return `${written(low)}-${written(high)}`;
  }

  /** The code point of a character, or the source of a set. */
  #item(): number | string {
    const code = this.#text.codePointAt(this.end) as number;
    this.end += code > 0xffff ? 2 : 1;
    return code === 0x5c ? this.#escape() : code;
  }

  #escape(): number | string {
    const rest = this.#text.slice(this.end, this.end + 40);
    const [long, brace, digits, four] =
      /^(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/u.exec(rest) ?? [];
    if (long) {
      this.end += long.length;
      return Number.parseInt(brace ?? digits ?? (four as string), 16);
    }
    const property = /^([pP])\{(\^?)(\w+)\}/u.exec(rest);
    if (property) {
      this.end += property[0].length;
      return this.#property(property[3] as string, (property[1] === "P") !== (property[2] === "^"));
    }
    const letter = String.fromCodePoint(this.#text.codePointAt(this.end) ?? 0x5c);
    this.end += letter.length;
    const [set, control] = [sets[letter], controls[letter]];
    if (set !== undefined) return this.#caseless(set);
    if (control !== undefined) return control;
    if (/[\p{L}\p{N}]/u.test(letter) || (letter === "\\" && this.end > this.#text.length)) {
      throw new Error(`"\\${letter}" is not read here`);
    }
    return letter.codePointAt(0) as number;
  }

  #property(name: string, negates: boolean): string {
    const source = category.test(name) ? `\\p{${name}}` : script.test(name) ? `\\p{Script=${name}}` : undefined;
    if (!source) throw new Error(`the property ${name} is not read here`);
    const set = /^C[n]?$/u.test(name)
      ? `[${source}${unassigned}]`
      : name === "Ll"
        ? `[[${source}\\u{295}]--[${unassigned}]]`
        : `[${source}--[${name === "Lo" ? "\\u{295}" : ""}${unassigned}]]`;
    return this.#caseless(negates ? `[^${set}]` : set);
  }

  #caseless(set: string): string {
    if (this.#ignoresCase) throw new Error("a set without regard to case is not read here");
    return set;
  }

  /** A character, with its other case where case does not count: "s" and "k" also have signs beyond ASCII. */
  #cased(code: number): string {
    const character = String.fromCodePoint(code);
    if (!this.#ignoresCase || character.toLowerCase() === character.toUpperCase()) return written(code);
    if (code > 0x7f) throw new Error(`"${character}" without regard to case is not read here`);
    const lower = character.toLowerCase();
    const others = lower === "s" ? "\\u{17F}" : lower === "k" ? "\\u{212A}" : "";
    return `${lower}${lower.toUpperCase()}${others}`;
  }

  #ahead(text: string): boolean {
    return this.#text.startsWith(text, this.end);
  }

  #take(text: string): boolean {
    if (!this.#ahead(text)) return false;
    this.end += text.length;
    return true;
  }
}

function written(code: number): string {
  return `\\u{${code.toString(16)}}`;
}
