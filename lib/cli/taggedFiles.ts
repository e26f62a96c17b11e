import type { Command } from "commander";
import type { TaggedSentence, TaggedSentencesOptions } from "../data/index.js";
import { conllRules, readTaggedSentences } from "../data/index.js";
import { optionsIn, withOptions } from "./options.js";
import type { Printer } from "./print.js";
import { countOf, shortened } from "./print.js";
import { optionsLike } from "./remembered.js";

/** Adds the options that say how files with a token in each line are read. */
export function withConllOptions(command: Command): Command {
  return withOptions(command, conllRules, { group: "Reading files" });
}

/** How a command reads files, by its own options. */
export function conllOf(command: Command): TaggedSentencesOptions {
  return optionsIn(command, conllRules);
}

/** The sentences of files. */
export async function readTagged(files: readonly string[], reading: TaggedSentencesOptions): Promise<TaggedSentence[]> {
  const sentences: TaggedSentence[] = [];
  for (const file of files) for (const sentence of await readTaggedSentences(file, reading)) sentences.push(sentence);
  return sentences;
}

/** The sentences of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function taggedLike(
  folder: string,
  files: readonly string[],
  command: Command,
): Promise<TaggedSentence[]> {
  return readTagged(files, await optionsLike(folder, command, conllRules));
}

/** Says what was read, and shows the beginning of the first sentence: whether the columns are right is seen at once. */
export function noteTagged(print: Printer, files: readonly string[], sentences: readonly TaggedSentence[]): void {
  const tokens = sentences.reduce((sum, sentence) => sum + sentence.tokens.length, 0);
  print.note(`${files.join(", ")}: ${countOf(sentences.length, "sentence")}, ${countOf(tokens, "token")}.`);
  const [first] = sentences;
  if (first)
    print.note(`The first: ${shortened(first.tokens.map((token, t) => `${token}/${first.tags[t]}`).join(" "))}`);
  print.object({ event: "sentences", files, sentences: sentences.length, tokens, first });
}
