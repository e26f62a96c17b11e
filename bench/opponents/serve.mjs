import { createInterface } from "node:readline";

/** Lines that begin so are answers; whatever a library prints beside them is passed over. */
export const mark = "@bench ";

export function answer(message) {
  process.stdout.write(`${mark}${JSON.stringify(message)}\n`);
}

/**
 * The opponent's side of the harness: reads { "seconds": n } and answers with the times of the steps it made
 * meanwhile, at least one. Ends when its input does.
 *
 * @param {object} opponent
 * @param {string} opponent.settings version and what computes, for the report
 * @param {() => Promise<number>} opponent.step one step of the work; resolves with a number that shows that it was
 *   done, in training the loss in nats per token
 */
export async function serve({ settings, step }) {
  const began = performance.now();
  const firstLoss = await step();
  answer({ ready: { settings, firstLoss, firstStepMilliseconds: performance.now() - began } });
  for await (const line of createInterface({ input: process.stdin })) {
    const { seconds } = JSON.parse(line);
    const end = performance.now() + seconds * 1000;
    const milliseconds = [];
    let loss = Number.NaN;
    do {
      const start = performance.now();
      loss = await step();
      milliseconds.push(performance.now() - start);
    } while (performance.now() < end);
    answer({ milliseconds, loss });
  }
  process.exit(0);
}
