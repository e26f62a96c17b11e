import type { Command } from "commander";
import type { Neighbour } from "../../data/index.js";
import { neighbourRules } from "../../data/index.js";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { flag, table, without } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { oneLine, printer } from "../print.js";
import type { Ability } from "../verbs.js";

const own = without(neighbourRules, "except");

const flags = table("neighbours, analogy", {
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** The words near some words. */
export const neighbours: Ability = {
  verb: {
    name: "neighbours",
    description: "print the words whose vectors are nearest to those of some words, with the cosines",
    arguments: [["<words...>", "words of the model"]],
  },
  options: (command) => withOptions(withOptions(command, own), flags),
  run: async (folder: string, words: string[], options: Options, command: Command) => {
    const print = printer(options);
    const vectors = await (await modelFrom<Word2Vec>(folder, options)).vectors();
    for (const word of words) {
      const found = vectors.neighbours(word, optionsIn(command, own));
      print.object({ word, neighbours: found });
      if (words.length > 1) print.line(`${oneLine(word)}:`);
      list(print, found);
    }
  },
};

/** The words that are to a third as a second is to a first. */
export const analogy: Ability = {
  verb: {
    name: "analogy",
    description: "print the words that are to the third as the second is to the first: man king woman",
    arguments: [
      ["<from>", "a word"],
      ["<to>", "what it becomes"],
      ["<of>", "another word, of which the like is asked"],
    ],
  },
  options: (command) => withOptions(withOptions(command, own), flags),
  run: async (folder: string, from: string, to: string, of: string, options: Options, command: Command) => {
    const print = printer(options);
    const vectors = await (await modelFrom<Word2Vec>(folder, options)).vectors();
    const found = vectors.analogy([from, to, of], optionsIn(command, own));
    print.object({ from, to, of, answers: found });
    list(print, found);
  },
};

function list(print: Printer, found: readonly Neighbour[]): void {
  for (const { word, similarity } of found) print.line(`${similarity.toFixed(4)}  ${oneLine(word)}`);
}
