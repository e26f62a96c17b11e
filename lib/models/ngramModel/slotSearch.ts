import type { Tokenizer } from "../../data/index.js";
import type { OptionsOf } from "../../options.js";
import { option, table, text, whole } from "../../options.js";
import type { SequenceState, TokenStep } from "../textModel/tokenStep.js";
import { textOf } from "../wholeText.js";

export const slotRules = table("NgramModel.slotSearch", {
  /** Text to continue. Default: the start of a line. */
  prompt: option(text({ empty: true, initial: "" }), { flag: null }),
  /** k: texts that are kept after each step, and words that are tried after each of them. Default 3. */
  slots: option(whole({ minimum: 1, maximum: 100, initial: 3 }), { flag: null, aka: ["beams", "k"] }),
  /** Words to add. Default 4. */
  steps: option(whole({ minimum: 1, maximum: 1000, initial: 4 }), { flag: null }),
});

/** Options of `NgramModel.slotSearch`. @interface */
export type SlotSearchOptions = OptionsOf<typeof slotRules>;

/** A text that a step of the search looked at. */
export interface SlotCandidate {
  /** With the prompt. */
  text: string;
  /** Probability of what follows the prompt. */
  probability: number;
  /** Whether it is one of the k best, which the next step goes on with. */
  kept: boolean;
  /** Whether the sentence ends here. */
  ended: boolean;
}

interface Slot {
  ids: readonly number[];
  /** Log-probability in nats. */
  score: number;
  ended: boolean;
  /** The last token, which is still to be read, and the state before it. */
  last: number;
  state: SequenceState;
}

/**
 * Beam search as it is done by hand: each kept text with each of its k likeliest next words, of which the k best stay.
 * @param start.banned tokens that no text is written with.
 * @returns for each step its candidates, likeliest first.
 */
export async function searchSlots(
  step: TokenStep,
  start: {
    context: readonly number[];
    prompted: readonly number[];
    end: number | null;
    banned: readonly number[];
    tokenizer: Tokenizer;
  },
  { slots, steps }: { slots: number; steps: number },
): Promise<SlotCandidate[][]> {
  const { context, prompted, end, banned, tokenizer } = start;
  const state = await step.readAll(context.slice(0, -1));
  let open: Slot[] = [{ ids: [], score: 0, ended: false, last: context.at(-1) as number, state }];
  const table: SlotCandidate[][] = [];
  while (table.length < steps && open.some(({ ended }) => !ended)) {
    const candidates: Slot[] = [];
    for (const slot of open) {
      if (slot.ended) candidates.push(slot);
      else candidates.push(...(await followers(step, slot, { slots, end, banned })));
    }
    candidates.sort((a, b) => b.score - a.score);
    open = candidates.slice(0, slots);
    table.push(
      candidates.map(({ ids, score, ended }, i) => ({
        text: textOf(tokenizer, [...prompted, ...ids]),
        probability: Math.exp(score),
        kept: i < slots,
        ended,
      })),
    );
  }
  return table;
}

/** A text with each of its likeliest next tokens. */
async function followers(
  step: TokenStep,
  { ids, score, last, state: before }: Slot,
  { slots, end, banned }: { slots: number; end: number | null; banned: readonly number[] },
): Promise<Slot[]> {
  const { logProbabilities, state } = await step.read(last, before);
  const best = Array.from(logProbabilities.keys())
    .filter((id) => !banned.includes(id))
    .sort((a, b) => (logProbabilities[b] as number) - (logProbabilities[a] as number) || a - b)
    .slice(0, slots);
  return best.map((id) => {
    const own = { score: score + (logProbabilities[id] as number), last: id, state, ended: id === end };
    return { ...own, ids: own.ended ? ids : [...ids, id] };
  });
}
