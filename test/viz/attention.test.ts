import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { InputError } from "../../lib/errors.js";
import type { AttentionMap } from "../../lib/viz/index.js";
import { attentionSVG, attentionTerminal, headsSVG, renderReport, widthOf } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import { every, expectPicture, ofClass } from "./wellFormed.js";

/** Every target token looks at one source token most, and at all others a little. */
function alignment(source: readonly string[], target: readonly string[], most: (t: number) => number): AttentionMap {
  const weights = target.map((_, t) => {
    const row = source.map((_, s) => (s === most(t) ? 4 : 0.1 + 0.3 * Math.abs(Math.sin(3 * s + t))));
    const sum = row.reduce((a, b) => a + b);
    return Float32Array.from(row, (weight) => weight / sum);
  });
  return { source, target, weights };
}

const source = "two men are setting up a blue tent".split(" ");
const target = "zwei m\u00e4nner bauen ein blaues zelt auf".split(" ");
const looked = [0, 1, 3, 5, 6, 7, 4];
const map = alignment(source, target, (t) => looked[t] as number);

const words = (count: number) => Array.from({ length: count }, (_, i) => hostile[i % hostile.length] as string);

test("the strongest cell of each row is its largest weight", () => {
  const rows = ofClass(expectPicture(attentionSVG(map)), "row");
  expect(rows.length).toBe(target.length);
  for (const [t, row] of rows.entries()) {
    const shades = row.children.map(({ attributes }) => Number(attributes["fill-opacity"]));
    expect(shades.indexOf(Math.max(...shades))).toBe(looked[t]);
    expect(Math.max(...shades)).toBeLessThanOrEqual(1);
    expect(row.children[looked[t] as number]?.children[0]?.text).toContain(`${target[t]} \u2190 ${source[looked[t]!]}`);
  }
});

test("a picture of hostile tokens is still well-formed XML, for 3 tokens and for 60", () => {
  for (const count of [3, 13, 60]) {
    const picture = expectPicture(attentionSVG(alignment(words(count), words(count), (t) => t)));
    expect(ofClass(picture, "source").length).toBe(count);
    expect(ofClass(picture, "row").flatMap(({ children }) => children).length).toBe(count * count);
  }
});

test("nothing is drawn outside the picture", () => {
  for (const count of [3, 13, 60]) {
    const picture = expectPicture(attentionSVG(alignment(words(count), words(count), (t) => t)));
    const [, , width = 0, height = 0] = (picture.attributes.viewBox as string).split(" ").map(Number);
    const outside = every(picture).filter(({ name, attributes }) => {
      const [x = 0, y = 0, w = 0, h = 0] = ["x", "y", "width", "height"].map((key) => Number(attributes[key] ?? 0));
      return name === "rect" && (x < 0 || y < 0 || x + w > width || y + h > height);
    });
    expect(outside).toEqual([]);
  }
});

test("the terminal keeps to its width for 3 to 150 tokens, and hostile tokens send it nothing", () => {
  for (const count of [3, 13, 60, 150]) {
    for (const depth of [24, 8, 0] as const) {
      for (const width of [80, 120]) {
        const shown = attentionTerminal(
          alignment(words(count), words(7), (t) => t % count),
          { depth, width },
        );
        const plain = stripVTControlCharacters(shown);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must not be left
        expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        if (depth === 0) expect(shown).toBe(plain);
        for (const line of plain.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
    }
  }
});

test("tokens of any number fit into a terminal of any width, in as few grids as a column for each allows", () => {
  for (let count = 1; count < 130; count += 3) {
    for (const width of [40, 41, 47, 60, 79]) {
      const shown = attentionTerminal(
        alignment(words(count), ["a", "bb"], (t) => t % count),
        { depth: 0, width },
      );
      const lines = shown.split("\n");
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      // Two columns for the targets, and one between.
      expect(lines.filter((line) => line.startsWith("bb ")).length).toBe(Math.ceil(count / (width - 3)));
    }
  }
});

test("names of targets take a quarter of the terminal's width at most, so that sources keep theirs", () => {
  const long = target.map((word) => word.repeat(30));
  const shown = attentionTerminal({ ...map, target: long }, { depth: 0, width: 120 }).split("\n");
  expect(shown[1]).toMatch(/^z\S{28}… /);
  for (const word of source) expect(shown[0]).toContain(word);
});

test("names of targets keep eight columns where sources would need all", () => {
  const long = ["m".repeat(30), "n".repeat(30)];
  const lines = attentionTerminal(
    alignment(words(60), long, (t) => t % 60),
    { depth: 0, width: 40 },
  ).split("\n");
  expect(lines.filter((line) => /^m{7}… /.test(line))).toHaveLength(2);
});

test("without colours the fullest block of each row stands under the name of the token that was looked at", () => {
  const [head = "", ...rows] = attentionTerminal(map, { depth: 0, width: 80 }).split("\n");
  for (const [t, token] of target.entries()) {
    const row = rows[t] as string;
    expect(row.startsWith(token)).toBe(true);
    const fullest = [..."\u2588\u2593\u2592\u2591"].map((block) => row.indexOf(block)).find((at) => at >= 0);
    expect(fullest).toBe(`${head} `.indexOf(` ${source[looked[t]!]} `) + 1);
  }
});

test("with colours a large weight is a coloured cell, and a small one a dot without colour", () => {
  const one = { source: ["seen", "not"], target: ["x"], weights: [[0.97, 0.03]] };
  const [, row = ""] = attentionTerminal(one, { depth: 24 }).split("\n");
  const [seen, unseen] = row.split("\u001b[0m");
  expect(seen).toMatch(/^x \S+ +$/);
  expect(seen).toContain("\u001b[48;2;");
  expect(unseen?.trim()).toBe("\u00b7");
});

test("columns stay in line after Hangul, which is two columns wide", () => {
  const korean = alignment(["\uc378", "\ud0c0\ub294", "\uc560\ud55c\ud14c"], ["\ub9d0\ud574", "a", "."], (t) => t);
  const [head = "", ...rows] = attentionTerminal(korean, { depth: 0 }).split("\n");
  for (const [t, name] of korean.source.entries()) {
    const before = (rows[t] as string).split("\u2588")[0] as string;
    expect(widthOf(before)).toBe(widthOf(head.slice(0, head.indexOf(name))));
  }
});

test("weights that are no alignment are refused with the row and the number", () => {
  const broken = (weights: number[][]) => () => attentionSVG({ source: ["a", "b"], target: ["c"], weights });
  expect(broken([[0.5, 0.2]])).toThrow(new InputError('attention map: row 0 ("c") sums to 0.7000, not to 1.'));
  expect(broken([[Number.NaN, 1]])).toThrow(/weight NaN at 0/);
  expect(broken([[-0.5, 1.5]])).toThrow(/weight -0.5 at 0/);
  expect(broken([[1]])).toThrow(/has 1 weights for 2 source tokens/);
  expect(broken([])).toThrow(/got 0 rows, 1 target and 2 source tokens/);
  // A hundredth is what rounding may take away or add.
  for (const row of [
    [0.5, 0.495],
    [0.5, 0.505],
    [1.005, 0],
  ])
    expect(broken([row])).not.toThrow();
  expect(broken([[0.5, 0.485]])).toThrow(/sums to 0\.9850, not to 1/);
  expect(broken([[1.015, 0]])).toThrow(/weight 1\.015 at 0/);
  const drawn = (own: AttentionMap) => () => attentionSVG(own);
  expect(drawn({ source: ["a"], target: ["c", "d"], weights: [[1], [0]] })).toThrow('row 1 ("d") sums to 0.0000');
  expect(drawn({ source: [], target: ["c"], weights: [[]] })).toThrow(/got 1 rows, 1 target and 0 source tokens/);
  expect(drawn({ source: ["a"], target: [], weights: [] })).toThrow(/got 0 rows, 0 target and 1 source tokens/);
  expect(drawn({ source: ["a"], target: ["c"], weights: [[1]] })).not.toThrow();
});

test("the report shows alignments and translations, and no token breaks out of it", () => {
  const html = renderReport({
    title: "pairs",
    summary: "",
    figures: [],
    configuration: [],
    attention: [{ ...alignment(words(13), words(13), (t) => t), caption: "a <caption>" }, map],
    translations: [{ source: "two men <b>", reference: "zwei m\u00e4nner", hypothesis: '"zwei" & </table>' }],
  });
  expect(html).toContain("<h2>Attention</h2>");
  expect(html.match(/<svg /g)?.length).toBe(2);
  expect(html).toContain('<td dir="auto">&quot;zwei&quot; &amp; &lt;/table&gt;</td>');
  expect(html).not.toContain("<script>alert");
  for (const svg of html.match(/<svg [\s\S]*?<\/svg>/g) ?? []) expectPicture(svg);
  expect(renderReport({ title: "t", summary: "", figures: [], configuration: [] })).not.toContain("<svg");
});

test("a label that is turned points at the middle of its column, and the shades of the scale stand beside each other", () => {
  const long = Array.from({ length: 30 }, (_, i) => `a long word ${i}`);
  const picture = expectPicture(attentionSVG(alignment(long, ["one"], () => 0)));
  const labels = ofClass(picture, "source");
  const numbers = (text: string) => (text.match(/-?[\d.]+/g) ?? []).map(Number) as [number, number, number];
  const places = labels.map(({ attributes }) => numbers(attributes.transform as string));
  const cells = ofClass(picture, "row")[0]?.children.map(({ attributes }) => attributes) ?? [];
  for (const [i, [x, y, angle]] of places.entries()) {
    const middle = Number(cells[i]?.x) + Number(cells[i]?.width) / 2;
    const size = Number(labels[i]?.attributes["font-size"]);
    expect(x - middle).toBeCloseTo(size * 0.3 * Math.sin((-angle * Math.PI) / 180), 1);
    expect(y).toBeLessThan(Number(cells[i]?.y));
  }
  // The text rises by its width times the sine of its angle: the map begins below it.
  expect(Number(cells[0]?.y)).toBeGreaterThan(60);
  const marks = every(picture).filter(({ attributes }) => attributes.class === "mark" && attributes.height === "10");
  const steps = marks.map(({ attributes }) => Number(attributes.x));
  expect(steps.length).toBe(9);
  const frame = every(picture).find(({ attributes }) => attributes.class === "ground" && attributes.height === "10");
  expect(Number(frame?.attributes.x)).toBe(steps[0]);
  expect(Number(frame?.attributes.width)).toBe(Number(steps.at(-1)) + 12 - Number(steps[0]));
});

test("few short labels stand upright over the middle of their columns, long ones and many are turned", () => {
  const labelsOf = (source: string[]) => {
    const picture = expectPicture(attentionSVG(alignment(source, ["one"], () => 0)));
    const cells = ofClass(picture, "row")[0]?.children.map(({ attributes }) => attributes) ?? [];
    return ofClass(picture, "source").map(({ attributes }, s) => {
      const middle = Number(cells[s]?.x) + Number(cells[s]?.width) / 2;
      return { turned: attributes.transform !== undefined, ...attributes, off: Number(attributes.x) - middle };
    });
  };
  for (const label of labelsOf(["a", "bc", "def"])) {
    expect(label).toMatchObject({ turned: false, "text-anchor": "middle" });
    expect(Math.abs(label.off)).toBeLessThan(0.01);
  }
  for (const source of [["a", "a".repeat(20)], new Array(30).fill("abcde")])
    expect(labelsOf(source).map(({ turned }) => turned)).toEqual(source.map(() => true));
});

test("all heads of a block lie in the picture, side by side, and what is no block is refused", () => {
  const own = { name: "b", source: ["x", "y"], target: ["z"] };
  const picture = expectPicture(headsSVG([{ ...own, heads: new Array(7).fill([[0.5, 0.5]]) }]));
  const [, , width] = (picture.attributes.viewBox as string).split(" ").map(Number) as [number, number, number];
  const squares = ofClass(picture, "ground").map(({ attributes }) => [Number(attributes.x), Number(attributes.width)]);
  expect(squares).toHaveLength(7);
  for (const [i, [x, w]] of (squares as [number, number][]).entries()) {
    expect(x + w).toBeLessThan(squares[i + 1]?.[0] ?? width);
  }
  expect(() => headsSVG([])).toThrow("headsSVG: expected blocks to be an array of heads with at least one element.");
  expect(() => headsSVG([{ ...own, heads: [[[0.5, 0.4]]] }])).toThrow('row 0 ("z") sums to 0.9000');
  expect(() => headsSVG([{ ...own, heads: [5] } as never])).toThrow("rows of weights");
});
