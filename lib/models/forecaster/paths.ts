import { randomSource } from "../../random/source.js";
import type { Place } from "./batch.js";
import { readFeeds } from "./batch.js";
import { distributionOf } from "./distribution.js";
import type { ForecastSettings, Recorded } from "./forecast.js";
import { numbersOf, partsOf, rows, run } from "./forecast.js";
import type { Window } from "./windows.js";
import { inputSizes, writeSegment } from "./windows.js";

/** Paths of one window, each [horizon] of the network's numbers: units of the series, the base not yet added. */
export interface SampledPaths {
  readonly window: Window;
  readonly paths: readonly Float64Array[];
}

/** A path that is being drawn. */
interface Path {
  readonly place: Place;
  readonly window: Window;
  /** Row of its window. */
  readonly b: number;
  readonly values: Float64Array;
  readonly uniform: () => number;
}

/**
 * Draws paths: the value of each step from the distribution that the values before it lead to (Salinas et al. 2020). Each path has
 * random numbers of its own, so neighbours and batches change none.
 */
export async function samplePaths(
  places: readonly Place[],
  recorded: Recorded,
  { paths: count, seed, signal }: ForecastSettings,
): Promise<SampledPaths[]> {
  const { network, programs } = recorded;
  const { config, stateEntries } = network;
  const executable = programs.get("read", (graph) => {
    const { parts, state } = network.read(graph, rows);
    for (const [k, part] of parts.entries()) graph.output(`part${k}`, part);
    for (const { name } of stateEntries) graph.output(name, state[name] as NonNullable<(typeof state)[string]>);
  });
  const { feeds, windows } = readFeeds(places, config, { rows });
  const first = await run(executable, feeds);
  const paths = places.flatMap((place, b) =>
    Array.from({ length: count }, (_, p): Path => {
      const { uniform } = randomSource(seed, `path ${p} of ${place.prepared.name}`);
      const window = windows[b] as Window;
      return { place, window, b, values: new Float64Array(config.horizon), uniform };
    }),
  );
  for (let from = 0; from < paths.length; from += rows) {
    signal?.throwIfAborted();
    await walk(paths.slice(from, from + rows), { recorded, first });
  }
  return places.map((_, b) => ({
    window: windows[b] as Window,
    paths: paths.filter((path) => path.b === b).map(({ values }) => values),
  }));
}

/** Walks paths side by side over the horizon. @param first what the network gave for their windows. */
async function walk(
  paths: readonly Path[],
  { recorded: { network, programs }, first }: { recorded: Recorded; first: Record<string, ArrayLike<number>> },
): Promise<void> {
  const { config, stateEntries } = network;
  const { M, read } = inputSizes(config);
  draw(paths, 0, { network, parts: partsOf(first, config), rowOf: ({ b }) => b });
  let state: Record<string, Float32Array> = Object.fromEntries(
    stateEntries.map(({ name, size }) => {
      const all = first[name] as Float32Array;
      const own = new Float32Array(rows * size);
      for (const [r, { b }] of paths.entries()) own.set(all.subarray(b * size, (b + 1) * size), r * size);
      return [name, own];
    }),
  );
  const executable = programs.get("step", (graph) => {
    const { parts, state: after } = network.step(graph, rows);
    for (const [k, part] of parts.entries()) graph.output(`part${k}`, part);
    for (const { name } of stateEntries) graph.output(name, after[name] as NonNullable<(typeof after)[string]>);
  });
  const series = Int32Array.from({ length: rows }, (_, r) => paths[r]?.place.prepared.id ?? 0);
  for (let m = 1; m < M; m++) {
    const inputs = new Float32Array(rows * read);
    for (const [r, path] of paths.entries()) {
      writeDrawn(inputs.subarray(r * read, (r + 1) * read), path, { segment: m - 1, network });
    }
    const own = config.seriesEmbedding > 0 ? { series } : {};
    const outputs = await run(executable, { inputs, ...own, ...state });
    draw(paths, m, { network, parts: partsOf(outputs, config), rowOf: (_, r) => r });
    state = Object.fromEntries(
      stateEntries.map(({ name }) => [name, Float32Array.from(outputs[name] as Float32Array)]),
    );
  }
}

/** Draws the values of a segment of each path. */
function draw(
  paths: readonly Path[],
  segment: number,
  at: {
    network: Recorded["network"];
    parts: readonly ArrayLike<number>[];
    rowOf: (path: Path, r: number) => number;
  },
): void {
  const { config } = at.network;
  const { segment: w, horizon } = config;
  for (const [r, path] of paths.entries()) {
    for (let i = 0; i < w && segment * w + i < horizon; i++) {
      const numbers = numbersOf(at.parts, { b: at.rowOf(path, r), h: i, w, B: rows });
      path.values[segment * w + i] = distributionOf(config, numbers, path.window.scale).draw(path.uniform);
    }
  }
}

/** Writes a segment that was drawn as the next one that the network reads. */
function writeDrawn(
  row: Float32Array,
  { place: { prepared, origin }, window: { base, level, scale }, values }: Path,
  { segment, network: { config } }: { segment: number; network: Recorded["network"] },
): void {
  const w = config.segment;
  const own = Float64Array.from({ length: w }, (_, i) => {
    const h = segment * w + i;
    return ((base[h] as number) - level) / scale + (values[h] as number);
  });
  const missing = new Float64Array(w);
  writeSegment(row, prepared, { start: origin + segment * w, values: own, missing, isFuture: true }, config);
}
