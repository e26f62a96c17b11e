import { expect, test } from "vitest";
import * as things from "../surface/things.js";

const { captioner, classifier, counted, forecaster, framed, frameTagger, mixture, model, probed, tagger } = things;

type Asked = { onProgress: (share: number) => void };

/** Work that says how far it is, and the shares that it tells. */
const rows: Record<string, [act: (options: Asked) => Promise<unknown>, shares: number[]]> = {
  "a text in windows": [
    (options) => model.evaluate("abababababab", { ...options, windowLength: 4, batchSize: 1 }),
    [4 / 12, 8 / 12, 11 / 12, 1],
  ],
  "a text by its n-grams": [(options) => counted.evaluate("a b a\nb a\n", options), [1, 1]],
  "the weights of a mixture": [(options) => mixture.fit("abababab", options), [1 / 3, 2 / 3, 1]],
  "texts that are labelled": [
    (options) => classifier.classify(["a", "ab", "b", "aa", "b"], { ...options, batchSize: 2 }),
    [2 / 5, 4 / 5, 1],
  ],
  "sentences that are tagged": [
    (options) => tagger.tag([["a"], ["b"], ["ab", "a"]], { ...options, batchSize: 2 }),
    [2 / 3, 1],
  ],
  "frames that are tagged": [
    (options) => frameTagger.tag([...framed, ...framed, ...framed], { ...options, batchSize: 4 }),
    [4 / 6, 1],
  ],
  "sources that are translated": [
    (options) => things.translator.translate(["a", "b", "ab"], { ...options, batchSize: 2, maximumLength: 2 }),
    [2 / 3, 1],
  ],
  "images that are captioned": [
    (options) => {
      const images = [...things.captionedImages, ...things.captionedImages, ...things.captionedImages].slice(1);
      return captioner.caption(images, { ...options, batchSize: 2, maximumLength: 2 });
    },
    [2 / 5, 4 / 5, 1],
  ],
  "series that are forecast": [
    (options) =>
      forecaster.forecast(
        Array.from({ length: 70 }, (_, i) => ({ name: `series ${i}`, values: [1, 2, 3, i] })),
        options,
      ),
    [64 / 70, 1],
  ],
  "a backtest": [(options) => forecaster.backtest(things.series, options), [1]],
  "a backtest from many origins": [
    (options) => {
      const values = Array.from({ length: 640 }, (_, t) => t % 5);
      return forecaster.backtest([{ name: "a", values }], { ...options, lastSteps: 600, stride: 1 });
    },
    [512 / 599, 1],
  ],
  "probes of a language model": [
    (options) => model.probe(probed, { ...options, heldOut: 0.5, seed: 2 }),
    [0.5, 0.75, 1],
  ],
  "probes of a tagger": [(options) => tagger.probe(probed, { ...options, heldOut: 0.5, seed: 2 }), [0.5, 0.75, 1]],
  "probes of a classifier": [
    (options) =>
      classifier.probe([...things.labelled, ...things.labelled, ...things.labelled], {
        ...options,
        heldOut: 0.5,
        seed: 2,
      }),
    [0.5, 0.75, 1],
  ],
};

test.each(Object.entries(rows))("%s: the share of it that is done grows to 1", async (_, [act, expected]) => {
  const shares: number[] = [];
  await act({ onProgress: (share) => shares.push(share) });
  expect(shares.map((share) => share.toFixed(6))).toEqual(expected.map((share) => share.toFixed(6)));
});
