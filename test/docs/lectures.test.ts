import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, root, runProgram, sampleFolder } from "./samples.js";

const blocks = blocksOf("docs/lectures.md");
const programWith = (words: string) => blocks.find(({ code }) => code.includes(words))?.code as string;

test("the Korean page has the commands and programs of the English one, each in its place", () => {
  expect(blocks.length).toBeGreaterThan(30);
  expect(blocksOf("docs/lectures.ko.md")).toEqual(blocks);
  const headings = (page: string) => readFileSync(join(root, page), "utf8").match(/^#{2,3} /gm);
  expect(headings("docs/lectures.ko.md")).toEqual(headings("docs/lectures.md"));
});

test("the toy's states, slopes and terms are those of its equation, and the terms add up to the gradient", () => {
  const { stdout, status } = runProgram(sampleFolder("toy"), "toy", programWith("[2, 3, 1, 3]"));
  expect(status).toBe(0);
  const cases = [
    { title: "flat", x: [0.1, -0.2, 0.05], grows: false },
    { title: "steep", x: [-0.6, -0.62, -0.58], grows: true },
  ];
  for (const { title, x, grows } of cases) {
    const part = stdout.slice(stdout.indexOf(title)).split("\n\n")[0] as string;
    const state = (weight: number, upTo = 3) =>
      x.slice(0, upTo).reduce((h, value) => Math.tanh(2 * value + weight * h + 1), 0.1);
    for (const t of [1, 2, 3]) {
      expect(part).toContain(`= ${state(3, t).toFixed(4)}   dh_${t}/dh_${t - 1} = 3 · `);
      expect(part).toMatch(new RegExp(`dh_${t}/dh_${t - 1} = .* = ${(3 * (1 - state(3, t) ** 2)).toFixed(4)}`));
    }
    const terms = [...part.matchAll(/its part of dh_3\/dw_hh = (\S+)/g)].map(([, term]) => Number(term));
    // Moving the weight in one step alone.
    const movedIn = (step: number, by: number) =>
      x.reduce((h, value, i) => Math.tanh(2 * value + (3 + (i === step ? by : 0)) * h + 1), 0.1);
    for (const [i, term] of terms.entries()) {
      const step = 2 - i;
      expect(term).toBeCloseTo((movedIn(step, 1e-5) - movedIn(step, -1e-5)) / 2e-5, 5);
    }
    const slope = (state(3 + 1e-5) - state(3 - 1e-5)) / 2e-5;
    expect(terms.reduce((sum, term) => sum + term, 0)).toBeCloseTo(slope, 5);
    const said = /sum (\S+), differentiate (\S+), moved (\S+)/.exec(part)?.slice(1).map(Number) as number[];
    for (const value of said) expect(value).toBeCloseTo(slope, 5);
    const reached = Number(/dh_3\/dh_0 = (\S+)/.exec(part)?.[1]);
    expect(reached > 1).toBe(grows);
    expect(Math.abs(terms[2] as number) > Math.abs(terms[0] as number)).toBe(grows);
  }
});

test("the picture of the cells' gradients is the one that its program draws", () => {
  const folder = sampleFolder("gradients");
  const { status, stderr } = runProgram(folder, "gradients", programWith("gradientFlowSVG(curves)"));
  expect(`${status} ${stderr}`).toBe("0 ");
  // Kernels of other machines round otherwise: the legend is the same, the lines nearly.
  const legendOf = (svg: string) =>
    [...svg.matchAll(/<text class="ink"[^>]*font-size="12"[^>]*>([^<]*)</g)].map(([, name]) => name);
  const drawn = readFileSync(join(folder, "gradients.svg"), "utf8");
  const shown = readFileSync(new URL("../../docs/gradients.svg", import.meta.url), "utf8");
  expect(legendOf(drawn).length).toBe(8);
  expect(legendOf(shown)).toEqual(legendOf(drawn));
});
