import { randomSource } from "../random/source.js";
import { shuffle } from "./order.js";

/** Steps of a window that is drawn, at least. */
const shortest = 5;

/** Share of the windows that are drawn around half of the length. */
const halved = 0.05;

/** How a column of some steps is cut into windows. */
export interface WindowCuts {
  /** Windows in one epoch. */
  readonly count: number;
  /** Steps of the longest. */
  readonly longest: number;
  /** Where the windows of an epoch begin, by their number; that of `count` is where the last one ends. */
  starts(epoch: number): (index: number) => number;
}

/** Windows of one length, the last of which may have fewer of some steps. */
export function evenCuts(
  steps: number,
  { windowLength, last }: { windowLength: number; last: "keep" | "drop" },
): WindowCuts {
  const count = last === "keep" ? Math.ceil(steps / windowLength) : Math.floor(steps / windowLength);
  return { count, longest: Math.min(steps, windowLength), starts: () => (index) => index * windowLength };
}

/**
 * Windows whose lengths are drawn from a normal distribution around `windowLength`, one in twenty around half of it (Merity et al. 2018),
 * so that the gradient is not cut at the same tokens in every epoch. The lengths are drawn once, and each epoch has them in an order of its
 * own: all epochs have as many windows, and together they cover all steps. None has more than `most` steps.
 */
export function drawnCuts(
  steps: number,
  {
    windowLength,
    spread,
    seed,
    most = Number.POSITIVE_INFINITY,
  }: { windowLength: number; spread: number; seed: number; most?: number },
): WindowCuts {
  const random = randomSource(seed, "lengths of windows");
  const least = Math.min(shortest, windowLength, most);
  const lengths: number[] = [];
  for (let left = steps; left > 0; ) {
    const mean = random.uniform() < halved ? windowLength / 2 : windowLength;
    const drawn = Math.min(most, Math.max(least, Math.floor(mean + spread * random.normal())));
    // No window shorter than that is left for the end, where the last one has room for it.
    const length = left - drawn >= least ? drawn : left <= most ? left : Math.min(drawn, left - least);
    lengths.push(length);
    left -= length;
  }
  const starts = (epoch: number) => {
    const order = Uint32Array.from(lengths);
    shuffle(order, randomSource(seed, `windows of epoch ${epoch}`));
    const begins = [0];
    for (const length of order) begins.push((begins.at(-1) as number) + length);
    return (index: number) => begins[index] as number;
  };
  return { count: lengths.length, longest: lengths.reduce((most, length) => Math.max(most, length), 0), starts };
}
