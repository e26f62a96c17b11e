/** Value below which the part q of the sorted values lies, between neighbours by linear interpolation. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Median and spread of times in milliseconds. */
export function summary(values) {
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    count: values.length,
  };
}
