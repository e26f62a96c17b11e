import type { HistoryPoint, StepEvent } from "./events.js";

/** How long the speed shown looks back. */
const windowSeconds = 5;

/** Measures speed and estimates what is left. */
export class Progress {
  readonly #recent: { seconds: number; tokens: number }[];
  readonly #begun = performance.now();
  /** Where the pace is measured from: the end of the first step, which also prepares what all others use. */
  #from: { seconds: number; progress: number };
  #steps = 0;

  /** @param begin where a resumed training begins: share of the work, 0 to 1, and tokens trained on. */
  constructor(begin: { progress: number; tokens: number }) {
    this.#from = { seconds: 0, progress: begin.progress };
    this.#recent = [{ seconds: 0, tokens: begin.tokens }];
  }

  /** Seconds since this run began. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  /** Called after every step with the tokens trained on so far and the share of the work that is done. */
  advance(tokens: number, progress: number): { tokensPerSecond: number; secondsLeft: number } {
    const seconds = this.seconds;
    this.#recent.push({ seconds, tokens });
    const first = this.#recent.findIndex((one) => seconds - one.seconds <= windowSeconds);
    this.#recent.splice(0, Math.min(first, this.#recent.length - 2));
    const oldest = this.#recent[0] as { seconds: number; tokens: number };
    const elapsed = seconds - oldest.seconds;
    const done = progress - this.#from.progress;
    const secondsLeft = done > 0 ? ((seconds - this.#from.seconds) / done) * (1 - progress) : 0;
    this.#steps++;
    if (this.#steps === 1) this.#from = { seconds, progress };
    return { tokensPerSecond: elapsed > 0 ? (tokens - oldest.tokens) / elapsed : 0, secondsLeft };
  }
}

/** Thins the steps of a training into at most a few hundred points of a curve, each the mean of equally many steps. */
export class Curve {
  static readonly #limit = 600;
  readonly points: HistoryPoint[];
  #every: number;
  #pending: HistoryPoint[] = [];

  constructor(points: readonly HistoryPoint[] = [], every = 1) {
    this.points = [...points];
    this.#every = every;
  }

  /** Steps that one point stands for. */
  get every(): number {
    return this.#every;
  }

  add(event: StepEvent, seconds: number): void {
    this.#pending.push({ ...event, seconds });
    if (this.#pending.length < this.#every) return;
    this.points.push(average(this.#pending));
    this.#pending = [];
    if (this.points.length < 2 * Curve.#limit) return;
    this.#every *= 2;
    const all = this.points.splice(0);
    for (let i = 0; i < all.length; i += 2) this.points.push(average(all.slice(i, i + 2)));
  }
}

/** Loss, norm and speed are means; counters are those of the last point. */
function average(points: readonly HistoryPoint[]): HistoryPoint {
  const { step, epoch, tokens, learningRate, seconds } = points[points.length - 1] as HistoryPoint;
  const mean = (key: "loss" | "gradientNorm" | "tokensPerSecond") =>
    points.reduce((sum, point) => sum + point[key], 0) / points.length;
  return {
    step,
    epoch,
    tokens,
    loss: mean("loss"),
    gradientNorm: mean("gradientNorm"),
    learningRate,
    tokensPerSecond: mean("tokensPerSecond"),
    seconds,
  };
}
