import { expect, test } from "vitest";
import { layerVectors } from "../../lib/models/layerVectors.js";

test("a vector is the mean over its steps, of every feature of every layer, in its own row", async () => {
  const [T, B] = [3, 4];
  const feature = (layer: number, t: number, b: number, f: number) => 1000 * layer + 100 * t + 10 * b + f + 1;
  const sizes: [string, number][] = [
    ["embedding", 2],
    ["layer 1", 3],
  ];
  const outputs = Object.fromEntries(
    sizes.map(([name, F], layer) => [
      name,
      Float32Array.from({ length: T * B * F }, (_, i) =>
        feature(layer, Math.floor(i / (B * F)), Math.floor(i / F) % B, i % F),
      ),
    ]),
  );
  // Sequence 7 stands in row 0 of the batch and has two vectors, sequence 5 one.
  const places = (sequence: number) =>
    sequence === 7
      ? [
          { row: 2, steps: [0, 2] },
          { row: 0, steps: [1] },
        ]
      : [{ row: 1, steps: [2] }];
  const shares: number[] = [];
  const layers = await layerVectors({
    count: 3,
    batches: [[7, 5]],
    places,
    run: async () => ({ T, B, outputs }),
    onProgress: (share) => shares.push(share),
    signal: undefined,
  });
  expect(layers.map(({ features }) => features)).toEqual([2, 3]);
  for (const [layer, { features, values }] of layers.entries()) {
    const row = (t: number, b: number) => Array.from({ length: features }, (_, f) => feature(layer, t, b, f));
    expect([...values]).toEqual([...row(1, 0), ...row(2, 1), ...row(1, 0)]);
  }
  expect(shares).toEqual([1]);
});

test("vectors of several batches stand together, each batch says what share is done, and a signal stops the next", async () => {
  const of = (signal?: AbortSignal) => {
    const shares: number[] = [];
    const stop = new AbortController();
    const read = layerVectors({
      count: 3,
      batches: [[0, 1], [2]],
      places: (sequence) => [{ row: 2 - sequence, steps: [sequence === 2 ? 0 : 1] }],
      // Two steps of one feature, and one row more than there are sequences.
      run: async (batch) => ({
        ...{ T: 2, B: batch.length + 1 },
        outputs: { embedding: Float32Array.from({ length: 2 * batch.length + 2 }, (_, i) => 10 * batch.length + i) },
      }),
      onProgress: (share) => {
        shares.push(share);
        if (signal) stop.abort(signal.reason);
      },
      signal: stop.signal,
    });
    return { read, shares };
  };
  const { read, shares } = of();
  expect(await read).toEqual([{ name: "embedding", features: 1, values: Float32Array.of(10, 24, 23) }]);
  expect(shares).toEqual([0.5, 1]);
  const reason = new Error("enough");
  const stopped = of(AbortSignal.abort(reason));
  await expect(stopped.read).rejects.toBe(reason);
  expect(stopped.shares).toEqual([0.5]);
});

test("vectors that do not fit into memory are refused before there are any", async () => {
  const read = layerVectors({
    ...{ count: 2 ** 46, batches: [[0]], places: () => [], onProgress: () => {}, signal: undefined },
    run: async () => ({ T: 1, B: 1, outputs: { embedding: new Float32Array(16) } }),
  });
  await expect(read).rejects.toThrow(
    /^probe: 70368744177664 vectors of a layer would need 4\.\d+ PB .* Take fewer sentences/,
  );
});
