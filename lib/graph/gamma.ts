/** x moved up to 8 or more, where the series hold, by Γ(x + 1) = x Γ(x). */
const seriesFrom = 8;

/** log Γ(x) by Stirling's series (Abramowitz & Stegun 6.1.41); NaN unless x is above 0. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let [shifted, factor] = [x, 1];
  while (shifted < seriesFrom) factor *= shifted++;
  const inverse = 1 / (shifted * shifted);
  const series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)));
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series / shifted - Math.log(factor)
  );
}

/** The slope of log Γ(x) (Abramowitz & Stegun 6.3.18); NaN unless x is above 0. */
export function digamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let [shifted, below] = [x, 0];
  while (shifted < seriesFrom) below += 1 / shifted++;
  const inverse = 1 / (shifted * shifted);
  const series = 1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132)));
  return Math.log(shifted) - 0.5 / shifted - inverse * series - below;
}
