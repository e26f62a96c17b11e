import { InputError } from "../errors.js";
import { notes } from "./output.js";
import { standardInputLines } from "./standardInput.js";

/** Batches of lines that are sorted by length together. */
export const batchesAtOnce = 16;

/** How things are answered that come in groups: lines, or sentences. */
export interface Answers<Thing, Answer> {
  /** Whether a thing has nothing to answer. */
  isBlank(thing: Thing): boolean;
  /** The answers to things that are not blank; `before` have been answered already. */
  answer(things: readonly Thing[], before: number): Promise<readonly Answer[]>;
  /** Writes one answer; null stands for that to something blank. */
  write(thing: Thing, answer: Answer | null, number: number): void;
}

/** How lines are answered. */
export interface LineAnswers<Answer> extends Omit<Answers<string, Answer>, "isBlank"> {
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** Reads one line as `answer` does, to throw what that throws. */
  read(line: string): unknown;
}

/** An error of a group, and how many things of the group stand before whatever it is about. */
interface Located {
  readonly error: unknown;
  readonly before: number;
}

/**
 * Answers things in their order, a group at a time: one answer for each, also for a blank one. Things before one that cannot be answered
 * have their answers.
 * @param owner name of the command, and what standard input would have been for, for a note that it was empty.
 * @param located says where in a group an error is; `before` things came before the group.
 * @returns how many were answered.
 */
export async function answerAll<Thing, Answer>(
  { owner, purpose }: { owner: string; purpose: string },
  groups: Iterable<readonly Thing[]> | AsyncIterable<readonly Thing[]>,
  { isBlank, answer, write }: Answers<Thing, Answer>,
  located: (error: unknown, group: readonly Thing[], before: number) => Located = (error) => ({ error, before: 0 }),
): Promise<number> {
  let [number, answered] = [0, 0];
  const answerGroup = async (group: readonly Thing[]) => {
    const full = group.filter((thing) => !isBlank(thing));
    const found = await answer(full, answered);
    let next = 0;
    for (const thing of group) write(thing, isBlank(thing) ? null : (found[next++] as Answer), ++number);
    answered += full.length;
  };
  for await (const group of groups) {
    const first = number;
    await answerGroup(group).catch(async (cause: unknown) => {
      const { error, before } = located(cause, group, first);
      if (number === first && before > 0) await answerGroup(group.slice(0, before));
      throw error;
    });
  }
  if (number === 0) notes.write(`${owner}: standard input is empty, so there is nothing to ${purpose}.\n`);
  return answered;
}

/**
 * Answers each of some texts, or each line of standard input.
 * @returns how many were answered. @throws InputError with the number of a line that cannot be read.
 */
export function answerLines<Answer>(
  command: { owner: string; purpose: string },
  texts: readonly string[],
  { batchSize, signal, read, ...answers }: LineAnswers<Answer>,
): Promise<number> {
  const isBlank = (line: string) => line.trim() === "";
  const groups = texts.length > 0 ? [texts] : standardInputLines(batchSize * batchesAtOnce, signal);
  return answerAll(command, groups, { isBlank, ...answers }, (error, lines, before) => {
    if (!(error instanceof InputError)) return { error, before: 0 };
    for (const [i, line] of lines.entries()) {
      if (isBlank(line)) continue;
      try {
        read(line);
      } catch (cause) {
        const message = `${command.owner}: line ${before + i + 1}: ${(cause as Error).message}`;
        return { error: new InputError(message, cause), before: i };
      }
    }
    return { error, before: 0 };
  });
}
