import type { Feeds } from "../../executor/executor.js";
import type { CompleteForecasterConfig } from "./config.js";
import type { PreparedSeries, Window } from "./windows.js";
import { inputSizes, windowBefore, writeKnown, writeSegment } from "./windows.js";

/** A window by its series and its origin: the position of the first value that is forecast. */
export interface Place {
  readonly prepared: PreparedSeries;
  readonly origin: number;
}

/** The feeds by which a network reads windows side by side, and the windows. @param rows B, when there are fewer places. */
export function readFeeds(
  places: readonly Place[],
  config: CompleteForecasterConfig,
  { rows = places.length, segments }: { rows?: number; segments?: number } = {},
): { feeds: Record<string, Feeds[string]>; windows: Window[] } {
  const { S, M, read, known } = inputSizes(config);
  const w = config.segment;
  const T = segments ?? S;
  const inputs = new Float32Array(T * rows * read);
  const window = config.linear ? new Float32Array(rows * config.lookback) : null;
  const ahead = config.decoder === "segments" && known > 0 ? new Float32Array(M * rows * known) : null;
  const windows = places.map(({ prepared, origin }, b) => {
    const own = windowBefore(prepared, origin, config);
    for (let s = 0; s < S; s++) {
      const part = { start: origin - config.lookback + s * w, isFuture: false };
      const values = {
        values: own.read.subarray(s * w, (s + 1) * w),
        missing: own.missing.subarray(s * w, (s + 1) * w),
      };
      writeSegment(rowOf(inputs, s * rows + b, read), prepared, { ...part, ...values }, config);
    }
    window?.set(own.read, b * config.lookback);
    for (let m = 0; ahead && m < M; m++)
      writeKnown(rowOf(ahead, m * rows + b, known), prepared, origin + m * w, config);
    return own;
  });
  const series = Int32Array.from({ length: rows }, (_, b) => places[b]?.prepared.id ?? 0);
  return {
    feeds: {
      inputs,
      ...(ahead ? { known: ahead } : {}),
      ...(config.seriesEmbedding > 0 ? { series } : {}),
      ...(window ? { window } : {}),
    },
    windows,
  };
}

/** The feeds by which a network learns: windows with what came after them. */
export function trainingFeeds(
  places: readonly Place[],
  config: CompleteForecasterConfig,
): { feeds: Feeds; values: number } {
  const { S, M, read } = inputSizes(config);
  const { segment: w, horizon, decoder, output } = config;
  const B = places.length;
  const inTurn = decoder === "autoregressive";
  const { feeds, windows } = readFeeds(places, config, inTurn ? { segments: S + M - 1 } : {});
  const [targets, weights] = [new Float32Array(M * B * w), new Float32Array(M * B * w)];
  const counts = output === "negative-binomial";
  let values = 0;
  for (const [b, { prepared, origin }] of places.entries()) {
    const { base, level, scale } = windows[b] as Window;
    for (let h = 0; h < horizon; h++) {
      const y = prepared.values[origin + h] ?? Number.NaN;
      if (Number.isNaN(y)) continue;
      const at = (Math.floor(h / w) * B + b) * w + (h % w);
      targets[at] = counts ? y : (y - (base[h] as number)) / scale;
      weights[at] = 1;
      values++;
    }
    for (let m = 0; inTurn && m < M - 1; m++) {
      const after = Array.from({ length: w }, (_, i) => prepared.values[origin + m * w + i] ?? Number.NaN);
      const missing = after.map((value) => Number(Number.isNaN(value)));
      const filled = after.map((value, i) => (Number.isNaN(value) ? (base[m * w + i] ?? level) : value));
      const segment = {
        start: origin + m * w,
        values: filled.map((value) => (value - level) / scale),
        missing,
        isFuture: true,
      };
      writeSegment(rowOf(feeds.inputs as Float32Array, (S + m) * B + b, read), prepared, segment, config);
    }
  }
  const scale = counts ? { scale: Float32Array.from(windows, (own) => own.scale) } : {};
  return { feeds: { ...feeds, targets, weights, ...scale }, values };
}

function rowOf(all: Float32Array, row: number, length: number): Float32Array {
  return all.subarray(row * length, (row + 1) * length);
}
