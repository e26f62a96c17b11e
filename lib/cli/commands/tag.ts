import type { ConllSentence } from "../../data/index.js";
import { ConllFile, conllFormats } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { SequenceTagger, Tagging } from "../../models/sequenceTagger/sequenceTagger.js";
import { tagRules } from "../../models/sequenceTagger/sequenceTagger.js";
import type { Completed } from "../../options.js";
import { flag, pick, table, word } from "../../options.js";
import { answerAll, batchesAtOnce } from "../answers.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { results } from "../output.js";
import { oneCell } from "../print.js";
import { standardInputLines } from "../standardInput.js";
import type { Ability, Verb } from "../verbs.js";

const verbFlags = table("tag of every kind", {
  /** Write how likely each tag is, and of a tagger of frames all of them; with --json how likely all tags of each token are. */
  probabilities: flag(),
  /** Print one JSON object for each sentence, or sequence of frames. */
  json: flag(),
});

const flags = table("tag lines", {
  ...pick(tagRules, "batchSize"),
  /** Form of standard input: "lines" of tokens between spaces, "conll" or "conllu". Default lines. */
  form: word(["lines", ...conllFormats], "lines"),
  ...pick(tagRules, "nBest"),
});

/** Options that `tag` has for every kind. */
export type TagVerbOptions = ExecutorOptions & Completed<typeof verbFlags>;

type Options = TagVerbOptions & Completed<typeof flags>;

/** The verb that gives each step of a sequence its tag. */
export const tagging: Verb = {
  name: "tag",
  description: "write the tag of each token of sentences, or of each frame of sequences",
  arguments: [
    [
      "[input...]",
      "sentences to tag, their tokens between spaces, by default of standard input; for a tagger of frames: files of sequences",
    ],
  ],
  options: (command) => withOptions(command, verbFlags),
};

export const tag: Ability = {
  verb: tagging,
  options: (command) => withOptions(command, flags),
  run: tagSentences,
};

async function tagSentences(folder: string, texts: string[], options: Options): Promise<void> {
  if (options.nBest > 1 && options.form !== "lines" && !options.json) {
    throw new OptionError(`tag: --n-best has no place in a ${options.form} file: add --json, or read lines.`, [
      "nBest",
    ]);
  }
  const model = await modelFrom<SequenceTagger>(folder, options);
  const atOnce = options.batchSize * batchesAtOnce;
  await untilInterrupted(async (signal) => {
    const groups =
      texts.length > 0
        ? [texts.map(plainSentence)]
        : options.form === "lines"
          ? lineSentences(standardInputLines(atOnce, signal))
          : fileSentences(standardInputLines(atOnce, signal), options.form, atOnce);
    const { batchSize, nBest, json, probabilities } = options;
    const tagging = { batchSize, nBest, signal, marginals: json && probabilities };
    await answerAll({ owner: "tag", purpose: "tag" }, groups, {
      isBlank: ({ tokens }) => tokens.length === 0,
      answer: (sentences) =>
        model.tag(
          sentences.map(({ tokens }) => tokens),
          tagging,
        ),
      write: (sentence, found) => {
        if (!json) results.write(sentence.write(found, options));
        else if (found) results.json(plain(sentence.tokens, found, model.labels));
      },
    });
  });
}

/** A sentence to tag, and how it is written with its tags. */
interface Sentence {
  readonly tokens: readonly string[];
  write(tagging: Tagging | null, options: Options): string;
}

function plainSentence(line: string): Sentence {
  const tokens = line.split(/\s+/).filter((token) => token !== "");
  return {
    tokens,
    write: (tagging, { probabilities }) => {
      if (!tagging) return "\n";
      const rows = tokens.map((token, t) => [token, ...columns(tagging, t, probabilities)].join("\t"));
      if (!tagging.nBest) return `${rows.join("\n")}\n\n`;
      return tagging.nBest
        .map(({ tags, probability }, k) => {
          const own = tokens.map((token, t) => `${token}\t${oneCell(tags[t] as string)}`);
          return `# ${k + 1}, probability ${probability.toFixed(4)}\n${own.join("\n")}\n\n`;
        })
        .join("");
    },
  };
}

/** A sentence of a file: CoNLL's form gets a column more, CoNLL-U's its UPOS. */
function fileSentence({ lines, tokens }: ConllSentence, file: ConllFile): Sentence {
  return {
    tokens: tokens.map(({ text }) => text),
    write: (tagging, { probabilities }) => {
      const written = [...lines];
      // Comments that stand alone have no tags.
      if (!tagging) return `${written.join("\n")}\n\n`;
      for (const [t, { row, cells }] of tokens.entries()) {
        const [tagOf, ...likely] = columns(tagging, t, probabilities);
        if (file.format === "conllu") {
          const own = cells.with(file.columnIndex("upos"), tagOf);
          written[row] = (
            likely.length > 0 ? own.with(file.columnIndex("misc"), miscWith(own.at(-1), likely[0])) : own
          ).join("\t");
        } else {
          written[row] = [lines[row], tagOf, ...likely].join(file.separator);
        }
      }
      return `${written.join("\n")}\n\n`;
    },
  };
}

function miscWith(misc: string | undefined, probability: string | undefined): string {
  const own = `TagProb=${probability}`;
  return misc === undefined || misc === "_" || misc === "" ? own : `${misc}|${own}`;
}

/** The columns of a token that come after its own: its tag, and how likely that is. */
function columns(tagging: Tagging, t: number, probabilities: boolean): [tag: string, ...likely: string[]] {
  const likely = probabilities ? [(tagging.probabilities[t] as number).toFixed(4)] : [];
  return [oneCell(tagging.tags[t] as string), ...likely];
}

async function* lineSentences(groups: AsyncIterable<string[]>): AsyncGenerator<Sentence[]> {
  for await (const lines of groups) yield lines.map(plainSentence);
}

async function* fileSentences(
  groups: AsyncIterable<string[]>,
  format: "conll" | "conllu",
  atOnce: number,
): AsyncGenerator<Sentence[]> {
  const file = new ConllFile("standard input", { format, token: undefined });
  let group: Sentence[] = [];
  for await (const sentence of file.sentences(piecesOf(groups))) {
    group.push(fileSentence(sentence, file));
    if (group.length < atOnce) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

async function* piecesOf(groups: AsyncIterable<string[]>): AsyncGenerator<string> {
  for await (const lines of groups) yield lines.map((line) => `${line}\n`).join("");
}

/** A sentence and its tags as JSON. */
function plain(tokens: readonly string[], tagging: Tagging, labels: readonly string[]): object {
  const { tags, probabilities, nBest, marginals } = tagging;
  const likely = (t: number) =>
    Object.fromEntries(labels.map((label, id) => [label, (marginals as Float32Array)[t * labels.length + id]]));
  return {
    tokens,
    tags,
    probabilities: [...probabilities],
    ...(nBest ? { nBest } : {}),
    ...(marginals ? { marginals: tokens.map((_, t) => likely(t)) } : {}),
  };
}
