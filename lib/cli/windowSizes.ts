/** How a running text is cut: B sequences side by side, in windows of T tokens. */
export interface WindowSizes {
  readonly batchSize: number;
  readonly windowLength: number;
}

/**
 * Sizes that a text has room for: the ones that were asked for stay as they are, the others become smaller where the text is short.
 * @param targets tokens that can be predicted.
 * @param fixed which ones were asked for.
 */
export function windowSizes(
  targets: number,
  { batchSize, windowLength }: WindowSizes,
  fixed: { readonly batchSize: boolean; readonly windowLength: boolean },
): WindowSizes {
  const B = fixed.batchSize ? batchSize : Math.max(1, Math.min(batchSize, Math.floor(targets / windowLength)));
  const T = fixed.windowLength ? windowLength : Math.max(1, Math.min(windowLength, Math.floor(targets / B)));
  return { batchSize: B, windowLength: T };
}
