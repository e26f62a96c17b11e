import type { Printer } from "./print.js";

/**
 * Says which vectors for positions a training leaves as they are: a text that reaches them is read with what nobody has learnt.
 * @param data.longest tokens of the longest text or window that is learnt from.
 */
export function noteUntrainedPositions(
  print: Printer,
  { positionVectors = 0 }: { readonly positionVectors?: number },
  { longest }: { readonly longest: number },
): void {
  if (positionVectors <= longest) return;
  print.note(
    `The vectors of the positions from ${longest + 1} to ${positionVectors} are not trained, as nothing to learn from is longer than ` +
      `${longest} tokens: longer texts are predicted badly. Say --context-length ${longest}, or --positions rotary.`,
  );
}
