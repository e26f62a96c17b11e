/** How a running text is cut: B sequences side by side, in windows of T tokens. */
export interface WindowSizes {
  readonly batch: number;
  readonly window: number;
}

/**
 * Sizes that a text has room for: the ones that were asked for stay as they are, the others become smaller where the text is short.
 * @param targets tokens that can be predicted.
 * @param fixed which ones were asked for.
 */
export function windowSizes(
  targets: number,
  { batch, window }: WindowSizes,
  fixed: { readonly batch: boolean; readonly window: boolean },
): WindowSizes {
  const B = fixed.batch ? batch : Math.max(1, Math.min(batch, Math.floor(targets / window)));
  const T = fixed.window ? window : Math.max(1, Math.min(window, Math.floor(targets / B)));
  return { batch: B, window: T };
}
