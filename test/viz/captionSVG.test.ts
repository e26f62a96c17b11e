import { expect, test } from "vitest";
import { captionSVG } from "../../lib/viz/captionSVG.js";
import { textWidth } from "../../lib/viz/svg.js";
import { hostile } from "./hostile.js";
import { expectPicture } from "./wellFormed.js";

const photo = { href: "data:image/png;base64,iVBORw0KGgo=", width: 4, height: 2 };
const picture = {
  text: "a dog",
  tokens: ["a", "dog"],
  attention: [
    [0.5, 0.25, 0.25, 0],
    [0, 0, 0, 1],
  ],
  grid: { rows: 2, columns: 2 },
  photo,
};

test("the photo is drawn once as it is, and once for each word, dark where the weight is small", () => {
  const svg = captionSVG(picture);
  expectPicture(svg);
  expect(svg.match(/<image /g)).toHaveLength(3);
  expect(svg).toContain("a dog");
  const words = svg.split('<g class="word">').slice(1);
  expect(words[0]).not.toContain("<path");
  // The region of the greatest weight is not darkened, those of half of it are half.
  expect(words[1]).toMatch(/fill-opacity="0"/);
  expect(words[1]).toMatch(/fill-opacity="0.4"><title>weight 0.250</);
  expect(words[1]).toMatch(/fill-opacity="0.8"><title>weight 0.000</);
});

test("a photo keeps its shape, with its longer side as long as that of any other, and has its pixels where they are few", () => {
  const drawn = (width: number, height: number) => {
    const [first = ""] = captionSVG({ ...picture, photo: { ...photo, width, height } }).match(/<image [^>]*>/) ?? [];
    const [w, h] = ["width", "height"].map((name) => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(first)?.[1]));
    return { w, h, pixelated: first.includes("pixelated") };
  };
  const { w: side } = drawn(4, 2);
  expect(drawn(4, 2)).toEqual({ w: side, h: (side as number) / 2, pixelated: true });
  expect(drawn(3, 3)).toEqual({ w: side, h: side, pixelated: true });
  expect(drawn(100, 400)).toEqual({ w: (side as number) / 4, h: side, pixelated: false });
});

test("a picture is as wide as a long caption, and as its words in a row where that is more", () => {
  const width = (text: string, tokens: string[]) => {
    const attention = tokens.map(() => [0.25, 0.25, 0.25, 0.25]);
    return Number(/viewBox="0 0 (\d+)/.exec(captionSVG({ ...picture, text, tokens, attention }))?.[1]);
  };
  const long = "a dog that runs over a meadow, and after it another one";
  // Twelve pixels at each side.
  expect(width(long, ["a"])).toBe(Math.ceil(24 + textWidth(long, 15)));
  const [two, four, seven] = [["a"], ["a", "b", "c"], [..."abcdef"]].map((tokens) => width("a", tokens)) as number[];
  expect((four as number) - 12).toBe(2 * ((two as number) - 12));
  // After six pictures there is another row.
  expect((seven as number) - 12).toBe(3 * ((two as number) - 12));
});

test("a caption of nothing has a title all the same", () => {
  const title = (text: string) => /<title>(.*?)<\/title>/.exec(captionSVG({ ...picture, text }))?.[1];
  expect([title(""), title("  "), title("a dog")]).toEqual(["A caption", "A caption", "a dog"]);
});

test("weights may be a hundredth away from a distribution, and none is below 0", () => {
  const drawn = (row: number[]) => () => captionSVG({ ...picture, attention: [row, [0, 0, 0, 1]] });
  expect(drawn([0.505, 0.5, 0, 0])).not.toThrow();
  for (const row of [
    [0.515, 0.5, 0, 0],
    [0.485, 0.5, 0, 0],
    [1.5, -0.5, 0, 0],
  ])
    expect(drawn(row)).toThrow("row 0 of the weights is no distribution over 4 regions");
});

test("without a photo the weights are coloured", () => {
  const svg = captionSVG({ ...picture, photo: undefined });
  expectPicture(svg);
  expect(svg).not.toContain("<image");
  expect(svg).toMatch(/class="mark" fill-opacity="1"><title>weight 1.000</);
});

test("words of strangers cannot break out, and a photo is nothing but a photo", () => {
  for (const text of hostile) expectPicture(captionSVG({ ...picture, text, tokens: [text, text] }));
  for (const href of [
    "javascript:alert(1)",
    "https://example.org/a.png",
    "data:image/svg+xml;base64,AA==",
    'data:image/png;base64,A"/>',
  ]) {
    expect(() => captionSVG({ ...picture, photo: { ...photo, href } })).toThrow("data: URI");
  }
});

test.each([
  ["too few rows", [[1, 0, 0, 0]], "weights for each of 2 words, got 1 rows"],
  ["rows of another grid", [[1], [1]], "row 0 of the weights is no distribution over 4 regions: 1 numbers"],
  [
    "a row that sums to 2",
    [
      [1, 1, 0, 0],
      [1, 0, 0, 0],
    ],
    "whose sum is 2.0000",
  ],
  [
    "a NaN",
    [
      [Number.NaN, 0, 0, 1],
      [1, 0, 0, 0],
    ],
    "is no distribution",
  ],
])("weights with %s are refused", (_, attention, message) => {
  expect(() => captionSVG({ ...picture, attention })).toThrow(message);
});
