import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { InputError, OptionError } from "../../lib/errors.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { beamTreeOf, drawnTree, leftOutNote, percent } from "../../lib/viz/beamTree.js";
import type { BeamTree } from "../../lib/viz/index.js";
import { beamTreeSVG, beamTreeTerminal, widthOf } from "../../lib/viz/index.js";
import { hostile } from "./hostile.js";
import { names, search } from "./searchTree.js";
import type { Element } from "./wellFormed.js";
import { every, expectPicture, ofClass, parseXml } from "./wellFormed.js";

const numberOf = (element: Element | undefined, name: string) => Number(element?.attributes[name]);
const texts = (node: Element) => node.children.filter(({ name }) => name === "text").map(({ text }) => text);
const boxes = (picture: Element) =>
  ofClass(picture, "node").map((node) => {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => numberOf(node.children[1], name)) as [
      number,
      number,
      number,
      number,
    ];
    return { x, y, width, height };
  });

/** Where lines begin and end: M start y H turn C .. .. x toY. */
const lines = (picture: Element) =>
  every(picture)
    .filter(({ name }) => name === "path")
    .map(({ attributes }) => {
      const numbers = (attributes.d?.match(/-?[\d.]+/g) ?? []).map(Number);
      return {
        y: numbers[1]!,
        turn: numbers[2]!,
        x: numbers[7]!,
        toY: numbers[8]!,
        thickness: Number(attributes["stroke-width"]),
      };
    });

test("a probability is a whole number of per cent, and less than one is said to be less", () => {
  const shown = [0.01, 0.0099, 0.994, 1].map((probability) =>
    percent({ probability } as Parameters<typeof percent>[0]),
  );
  expect(shown).toEqual(["1%", "<1%", "99%", "100%"]);
});

test("the highlighted nodes spell the best hypothesis, in one straight line", async () => {
  const tree = await search();
  const picture = expectPicture(beamTreeSVG(tree, { steps: 20 }));
  const best = ofClass(picture, "best");
  const [winner] = tree.hypotheses;
  expect(best.map((node) => texts(node)[0])).toEqual([...winner!.ids, 1].map((token) => names[token]));
  expect(new Set(best.map((node) => node.children[1]?.attributes.y)).size).toBe(1);
  expect(texts(best.at(-1)!).at(-1)).toBe(`#1 ${winner!.score.toFixed(2).replace("-", "\u2212")}`);
});

test("a box says the chance of its token in per cent, and a pointer over it one more digit", async () => {
  const picture = expectPicture(beamTreeSVG(await search(), { steps: 20 }));
  for (const node of ofClass(picture, "node")) {
    const exact = Number(/: ([\d.]+) %, score -?\d+\.\d{3} so far$/.exec(node.children[0]?.text ?? "")?.[1]);
    const rounded = texts(node)[1] as string;
    expect(Math.abs(exact - (rounded === "<1%" ? 0.5 : Number.parseInt(rounded, 10)))).toBeLessThan(0.56);
  }
});

test("a tree may have another title, or none", async () => {
  const tree = await search();
  const titled = (title: string) => every(parseXml(beamTreeSVG(tree, { title }))).map(({ text }) => text);
  expect(titled("one <b>")).toContain("one <b>");
  expect(titled("")).not.toContain("Beam search");
});

test("no box covers another and no line crosses another, however bushy the tree", async () => {
  for (const beams of [1, 2, 5, 9]) {
    const picture = expectPicture(beamTreeSVG(await search({ beams, nBest: 1 }), { branches: 1000, steps: 50 }));
    const all = boxes(picture);
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
    const edges = lines(picture);
    expect(edges.length).toBe(all.length);
    for (const a of edges) {
      for (const b of edges) if (a.x === b.x) expect((a.y - b.y) * (a.toY - b.toY)).toBeGreaterThanOrEqual(0);
    }
  }
});

test("a likelier token has a thicker line", async () => {
  const tree = await search();
  const thicknesses = lines(expectPicture(beamTreeSVG(tree, { branches: 1000, steps: 50 }))).map(
    (line) => line.thickness,
  );
  const probabilities = tree.nodes.map(({ logProbability }) => Math.exp(logProbability));
  const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
  const expected = sorted(probabilities).map((p) => 1 + 6 * p);
  for (const [i, thickness] of sorted(thicknesses).entries()) expect(thickness).toBeCloseTo(expected[i]!, 2);
});

test("every end is round, and nothing else is", async () => {
  const picture = expectPicture(beamTreeSVG(await search(), { branches: 1000, steps: 50 }));
  for (const node of ofClass(picture, "node")) {
    expect(numberOf(node.children[1], "rx") > 4).toBe(texts(node)[0] === names[1]);
  }
});

test("what is drawn and what is said to be left out are all nodes, and no hypothesis is left out", async () => {
  const tree = await search({ beams: 9, length: 12 });
  for (const [steps, branches] of [
    [3, 1000],
    [12, 1],
    [5, 6],
  ] as const) {
    const svg = beamTreeSVG(tree, { steps, branches });
    const [, left, all] = /(\d+) of (\d+) nodes left out/.exec(svg) ?? [];
    expect(ofClass(expectPicture(svg), "node").length + Number(left)).toBe(tree.nodes.length);
    expect(Number(all)).toBe(tree.nodes.length);
    for (const place of [1, 2, 3]) expect(svg).toMatch(new RegExp(`#${place} |\\+\\d`));
  }
  expect(beamTreeSVG(await search({ beams: 1, nBest: 1 }))).not.toContain("left out");
});

test("the terminal shows the same nodes, no line wider than the screen, whatever the tokens are", async () => {
  const tree = await search({ beams: 6, length: 12 });
  const marked = stripVTControlCharacters(beamTreeTerminal(tree, { depth: 24, branches: 1000 })).split("\n");
  const best = marked.filter((line) => line.startsWith("*"));
  expect(best.map((line) => /\u2500 \[?(.)/.exec(line)?.[1]).join("")).toBe(
    [...tree.hypotheses[0]!.ids, 1].map((token) => names[token]).join(""),
  );
  expect(marked.filter((line) => line.includes("\u2500")).length).toBe(tree.nodes.length);
  const unfriendly = { ...tree, textOf: (token: number) => hostile[token] as string };
  expectPicture(beamTreeSVG(unfriendly));
  for (const width of [40, 80]) {
    const plain = beamTreeTerminal(unfriendly, { depth: 0, width });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must not be left
    expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    for (const line of plain.split("\n").slice(0, -1)) expect(widthOf(line)).toBeLessThanOrEqual(width);
  }
});

test("a terminal shows a step for every three columns beyond 36, the first one always, and counts the nodes after them", async () => {
  const tree = await search({ beams: 6, length: 12 });
  const shown = (width: number) => {
    const lines = beamTreeTerminal(tree, { depth: 0, width, branches: 1000 }).split("\n");
    const branches = lines.map((line) => line.search(/[\u2514\u251c]\u2500/)).filter((at) => at >= 0);
    // Two columns for the mark, then three for each step before the node's own.
    return { steps: 1 + (Math.max(...branches) - 2) / 3, nodes: branches.length, note: lines.at(-1) };
  };
  for (const [width, steps] of [
    [40, 1],
    [42, 2],
    [44, 2],
    [45, 3],
    [51, 5],
  ] as const) {
    const { nodes, note, ...found } = shown(width);
    expect(found.steps).toBe(steps);
    expect(note).toContain(String(tree.nodes.length - nodes));
  }
});

test("nodes that are no tree and hypotheses that are not in it are refused", async () => {
  const tree = await search();
  const node = { id: 2, parent: -1, logProbability: -1, score: -1 };
  const drawn = (change: Partial<BeamTree>) => () => beamTreeSVG({ ...tree, ...change });
  expect(drawn({ nodes: [] })).toThrow(InputError);
  expect(drawn({ nodes: [{ ...node, parent: 0 }] })).toThrow(/node 0 has the parent 0/);
  expect(drawn({ nodes: [{ ...node, logProbability: Number.NaN }] })).toThrow(/node 0 has logProbability NaN/);
  for (const parent of [-2, 0.5, 1, 2]) {
    expect(drawn({ nodes: [node, { ...node, parent }] })).toThrow(
      `node 1 has the parent ${parent}; expected an earlier`,
    );
  }
  expect(drawn({ nodes: [node, { ...node, score: Number.NaN }] })).toThrow(
    /node 1 has logProbability -1 and score NaN/,
  );
  expect(drawn({ nodes: [node], hypotheses: [] })).not.toThrow();
  expect(drawn({ nodes: [node], hypotheses: [{ ids: [2, 3], score: -2, ended: true }] })).toThrow(
    /hypothesis 1 has token 3 at step 2/,
  );
  expect(() => beamTreeSVG(tree, { steps: 0 })).toThrow(/steps/);
});

test("nodes that are left out are counted by why they are", () => {
  const note = (later: number, weaker: number) => leftOutNote({ roots: [], drawn: 3, leftOut: { later, weaker } }, 2);
  expect([note(0, 0), note(1, 0), note(0, 1), note(2, 3)]).toEqual([
    "",
    "1 of 4 nodes left out: 1 after step 2.",
    "1 of 4 nodes left out: 1 of weaker branches.",
    "5 of 8 nodes left out: 2 after step 2, 3 of weaker branches.",
  ]);
});

test("siblings stand by their scores, those of one score in their order, and no chance is above 1", () => {
  const node = (id: number, score: number) => ({ id, parent: -1, logProbability: 1e-9, score });
  const tree = {
    nodes: [node(2, -2), node(3, -1), node(4, -2), node(5, -2)],
    hypotheses: [],
    end: 1,
    textOf: (id: number) => names[id] as string,
  };
  const { roots } = drawnTree(tree, {});
  expect(roots.map(({ id, probability }) => [id, probability])).toEqual([3, 2, 4, 5].map((id) => [id, 1]));
  expect(drawnTree(tree, { branches: 2 }).roots.map(({ id }) => id)).toEqual([3, 2]);
});

test("of the branches that were given up the best of every step is drawn before the second best of any", () => {
  const node = (id: number, parent: number, score: number) => ({ id, parent, logProbability: -1, score });
  const nodes = [node(2, -1, -1), node(3, -1, -2), node(4, -1, -3), node(2, 0, -2), node(3, 0, -4), node(4, 0, -5)];
  const tree = {
    nodes,
    hypotheses: [{ ids: [2, 2], score: -2, ended: false }],
    end: 1,
    textOf: (id: number) => names[id] as string,
  };
  const shown = (branches: number) => {
    const { roots } = drawnTree(tree, { branches });
    return [roots, roots[0]?.children ?? []].map((drawn) => drawn.map(({ id }) => id));
  };
  expect([1, 2, 3, 4, 5].map(shown)).toEqual([
    [[2], [2]],
    [[2, 3], [2]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3, 4],
      [2, 3],
    ],
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
  ]);
});

test("what a language model's search gives is drawn as it is", async () => {
  const tokenizer = CharacterTokenizer.fromText("ab\n");
  const model = await LanguageModel.create({ tokenizer, executor: new ReferenceExecutor(), hiddenSize: 4, layers: 1 });
  const found = await model.beamSearch({ beams: 3, nBest: 2, maximumLength: 4, end: "line", tree: true });
  const picture = beamTreeSVG(found);
  expectPicture(picture);
  for (const [i, { score }] of found.texts.entries()) {
    expect(picture).toContain(`#${i + 1} ${score.toFixed(2).replace("-", "\u2212")}`);
  }
  // A text that was cut off has no end: all its tokens are drawn.
  const cut = await model.beamSearch({ beams: 3, nBest: 2, maximumLength: 3, end: "never", tree: true });
  const { end, hypotheses, nodes, textOf } = beamTreeOf(cut);
  expect(cut.texts.map(({ ended }) => ended)).toEqual([false, false]);
  expect(hypotheses.map(({ ids }) => ids.map(textOf))).toEqual(
    cut.texts.map(({ tokens }) => tokens.map(({ token }) => token)),
  );
  expect(nodes.some(({ id }) => id === end)).toBe(false);
  expectPicture(beamTreeSVG(cut));
  const { tree: _, ...withoutTree } = found;
  expect(() => beamTreeSVG(withoutTree)).toThrow(/no nodes\. Give beamSearch the option tree: true/);
  expect(() => beamTreeSVG({ ...found, tree: 5 } as never)).toThrow(/expected the search\.tree to be an array/);
});

test("what is no tree, and limits that do not exist, are refused by name", async () => {
  const tree = await search();
  expect(() => beamTreeSVG(undefined as never)).toThrow("beam tree: expected the tree to be an object, got undefined.");
  expect(() => beamTreeSVG({ ...tree, textOf: "x" } as never)).toThrow(
    "textOf to be a function from an id to its text",
  );
  expect(() => beamTreeSVG({ ...tree, textOf: () => 5 } as never)).toThrow("expected the text of a token, got 5.");
  expect(() => beamTreeSVG(tree, { step: 3 } as never)).toThrow('unknown option "step"; did you mean steps?');
  expect(() => beamTreeSVG(tree, { branches: 0 })).toThrow(OptionError);
});
