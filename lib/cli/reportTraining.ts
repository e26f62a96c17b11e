import type { ValidationEvent } from "../train/events.js";
import type { Trainer } from "../train/trainer.js";
import type { Printable } from "./output.js";
import { paint } from "./output.js";
import type { Printer, ProgressLine } from "./print.js";
import { count, countOf, duration } from "./print.js";

/** A loss so many times that of guessing says that the training has gone wrong. */
const worse = 1.25;

/** The words for what a training counts and measures. */
export interface TrainingWords {
  /** Name of the targets: "tokens". */
  readonly targets: string;
  measures(event: ValidationEvent): string;
}

/** The words of models of texts. */
const textWords: TrainingWords = { targets: "tokens", measures };

/** Prints what the trainer tells. @returns the line of progress, to be stopped whatever happens. */
export function reportTraining<Form>(
  trainer: Trainer<Form>,
  print: Printer,
  words: TrainingWords = textWords,
): ProgressLine {
  const line = print.progress();
  /** The loss before the first update, which is that of guessing. */
  let guess = Number.NaN;
  let steps = 0;
  trainer.on("step", (event) => {
    if (event.step === 1) guess = event.loss;
    const { gradientNorm, ...others } = event;
    print.object({ event: "step", ...(Number.isNaN(gradientNorm) ? others : event) });
    const { epoch, loss, tokensPerSecond, secondsLeft, progress } = event;
    steps++;
    // The first step also prepares what all others use: its time says little about theirs.
    const pace = `${count(tokensPerSecond)} ${words.targets}/s  ${duration(secondsLeft)} left`;
    line.update(progress, `epoch ${epoch.toFixed(2)}  loss ${loss.toFixed(3)}${steps === 1 ? "" : `  ${pace}`}`);
  });
  trainer.on("validation", (event) => {
    line.pause();
    print.object({ event: "validation", ...event });
    print.note(`epoch ${event.epoch.toFixed(2)}: validation ${words.measures(event)}`, verdict(event, guess));
  });
  trainer.on("averaging", ({ step }) => {
    line.pause();
    print.object({ event: "averaging", step });
    print.note("The weights are averaged from here on.");
  });
  trainer.on("sample", (event) => {
    line.pause();
    print.object({ event: "sample", ...event });
    print.note(paint.dim(`--- after ${countOf(event.step, "update")}`), `\n${event.text}\n`, paint.dim("---"));
  });
  trainer.on("end", () => line.stop());
  return line;
}

function verdict({ best, loss }: ValidationEvent, guess: number): Printable {
  if (loss > worse * guess) {
    return paint.red(
      `  worse than before the first update (${guess.toFixed(2)} nats): lower --learning-rate or --clip-norm`,
    );
  }
  if (best) return paint.green("  best so far");
  return Number.isFinite(loss) ? "" : paint.red("  not finite, so it cannot be the best");
}

/** Loss in the units that people compare. */
export function measures(
  event: Pick<ValidationEvent, "loss" | "perplexity" | "bitsPerCharacter" | "accuracy">,
): string {
  if (event.accuracy !== undefined)
    return `${event.loss.toFixed(4)} nats, accuracy ${(100 * event.accuracy).toFixed(2)} %`;
  const bits = event.bitsPerCharacter === undefined ? "" : `, ${event.bitsPerCharacter.toFixed(3)} bits per character`;
  const perplexity = event.perplexity < 1e6 ? event.perplexity.toFixed(2) : event.perplexity.toExponential(2);
  return `${event.loss.toFixed(4)} nats, perplexity ${perplexity}${bits}`;
}
