import { InputError } from "../errors.js";
import { completeOptions, list, text, value } from "../options.js";
import { blue, red } from "./colour.js";
import { abbreviate, labelOf } from "./label.js";
import { element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

const vectorRule = value<ArrayLike<number>>(
  "an array of finite numbers",
  (vector) =>
    (Array.isArray(vector) || ArrayBuffer.isView(vector)) && Array.from(vector as number[]).every(Number.isFinite),
);

const rules = { words: list(text({ empty: true })), vectors: list(vectorRule) };

/** Words with their vectors. */
export interface LookupTable {
  words: readonly string[];
  /** One for each word, all of one length. */
  vectors: readonly ArrayLike<number>[];
}

const rowHeight = 26;
const top = 44;
/** Numbers that are written; all are drawn. */
const written = 5;
const stripWidth = 480;

/**
 * The table that turns words into vectors, as a picture: for each word its first numbers, as in "cat" -> [.31, -.22, .54, ...], and all of them
 * as a strip, red where they are positive and blue where they are negative.
 * @throws InputError for no words, or vectors of another number or of unequal length.
 */
export function lookupTableSVG(table: LookupTable, options: { title?: string } = {}): string {
  const { title } = completeOptions("lookupTableSVG", options, {
    title: text({ initial: "The table that turns words into vectors", empty: true }),
  });
  const { words, vectors } = completeOptions("lookupTableSVG", table, rules);
  const size = vectors[0]?.length ?? 0;
  if (words.length === 0 || size === 0) throw new InputError("lookupTableSVG: there are no words with vectors.");
  if (words.length !== vectors.length || vectors.some((vector) => vector.length !== size)) {
    throw new InputError(
      `lookupTableSVG: expected ${words.length} vectors of ${size} numbers, got lengths ${vectors.map(({ length }) => length).join(", ")}.`,
    );
  }
  const names = words.map((word) => abbreviate(labelOf(word), 24));
  const numbers = vectors.map(numbersText);
  const nameWidth = Math.max(...names.map((name) => textWidth(name, 13)));
  const numberWidth = Math.max(...numbers.map((line) => textWidth(line, 12)));
  const [nameEnd, numberStart] = [20 + nameWidth, 20 + nameWidth + 40];
  const stripStart = numberStart + numberWidth + 20;
  const limit = vectors.reduce(
    (most, vector) => Array.from(vector).reduce((a, b) => Math.max(a, Math.abs(b)), most),
    0,
  );
  const cell = stripWidth / size;
  const body = words.flatMap((word, i) => {
    const y = top + i * rowHeight;
    const vector = Array.from(vectors[i] as ArrayLike<number>);
    return [
      textElement({ class: "ink", x: nameEnd, y: y + 17, "text-anchor": "end" }, names[i] as string),
      element("path", {
        class: "softLine",
        fill: "none",
        d: `M${(nameEnd + 8).toFixed(2)} ${y + 13}h20m-5 -4l5 4l-5 4`,
      }),
      textElement({ class: "ink", x: numberStart, y: y + 17, "font-size": 12 }, numbers[i] as string),
      element(
        "g",
        {},
        vector.map((own, e) =>
          element(
            "rect",
            {
              x: stripStart + e * cell,
              y: y + 3,
              width: cell,
              height: rowHeight - 6,
              fill: `rgb(${(own < 0 ? blue : red).join(",")})`,
              "fill-opacity": limit > 0 ? Math.abs(own) / limit : 0,
            },
            tooltip(`${labelOf(word)}, number ${e + 1}: ${own.toPrecision(3)}`),
          ),
        ),
      ),
      element("rect", {
        x: stripStart,
        y: y + 3,
        width: stripWidth,
        height: rowHeight - 6,
        class: "softLine",
        fill: "none",
        "stroke-opacity": 0.4,
      }),
    ];
  });
  const heading = (x: number, of: string, anchor = "start") =>
    textElement({ class: "soft", x, y: 26, "font-size": 11.5, "text-anchor": anchor }, of);
  return svgPicture({
    title,
    width: stripStart + stripWidth + 20,
    height: top + words.length * rowHeight + 14,
    body: [
      heading(nameEnd, "word", "end"),
      heading(numberStart, "its row of the table"),
      heading(stripStart, `all ${size} numbers; full colour is ±${limit.toPrecision(2)}`),
      ...body,
    ],
  });
}

/** "[.31, -.22, .54, ...]" as the lectures write it. */
function numbersText(vector: ArrayLike<number>): string {
  const first = Array.from(vector).slice(0, written);
  const short = first.map((own) => own.toFixed(2).replace(/^(-?)0\./u, "$1."));
  return `[${short.join(", ")}${vector.length > written ? ", …" : ""}]`;
}
