import { expect, test } from "vitest";
import { ladderSVG } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import type { Element } from "./wellFormed.js";
import { parseXml } from "./wellFormed.js";

function elements(node: Element, name: string): Element[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => elements(child, name))];
}

const rung = (title: string, perplexity: number) => ({ title, perplexity, seconds: 1, parameters: 10 });

test("a bar is as long as its model's perplexity, and the best one stands out", () => {
  const picture = parseXml(ladderSVG([rung("a", 100), rung("b", 25), rung("c", 50)]));
  const bars = elements(picture, "rect").filter(({ attributes }) => attributes.class === "mark");
  const widths = bars.map(({ attributes }) => Number(attributes.width));
  expect(widths[1]).toBeCloseTo((widths[0] as number) / 4, 2);
  expect(widths[2]).toBeCloseTo((widths[0] as number) / 2, 2);
  expect(bars.map(({ attributes }) => attributes["fill-opacity"])).toEqual(["0.45", "1", "0.45"]);
});

test("perplexities are said with two decimals below 20, and one from there on", () => {
  const picture = parseXml(ladderSVG([rung("a", 19.994), rung("b", 20), rung("c", 100.26)]));
  const texts = elements(picture, "text").map(({ text }) => text);
  expect(texts.filter((text) => /^[\d.]+$/.test(text))).toEqual(["19.99", "20.0", "100.3"]);
});

test("whatever a model is called, the picture is well-formed", () => {
  for (const title of hostile)
    expect(() => parseXml(ladderSVG([rung(title || "x", 3)], { title: title || "x" }))).not.toThrow();
});

test("no model, or one without a perplexity, is refused", () => {
  expect(() => ladderSVG([])).toThrow("there is no model to draw");
  expect(() => ladderSVG([rung("a", Number.NaN)])).toThrow("perplexity");
  expect(() => ladderSVG([rung("a", 3)], { titel: "t" } as never)).toThrow("did you mean title?");
});
