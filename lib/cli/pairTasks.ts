/** A task that pairs teach, and settings that suit it. */
export interface PairTask {
  name: string;
  description: string;
  argument: [name: string, description: string];
  sourceTokenizer: string;
  targetTokenizer: string;
  columns: { source?: string; target?: string };
  batchSize?: number;
  epochs?: number;
  /** Source and target are the same lines. */
  copies?: boolean;
}

/** The tasks that commands of `ostinato train` are named after. */
export const pairTasks: readonly PairTask[] = [
  {
    name: "translate",
    description: "learn to translate, from sentence pairs",
    argument: ["[pairs...]", "two files with as many lines (source, target), or a table (.tsv, .csv, .jsonl)"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: {},
  },
  {
    name: "chat",
    description: "learn to answer, from a table of questions and answers",
    argument: ["[pairs...]", "a table (.csv, .tsv, .jsonl) whose first line names its columns, or two files"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: { source: "Q", target: "A" },
    epochs: 20,
  },
  {
    name: "transliterate",
    description: "learn to turn spellings into symbols (pronunciations, another script), from pairs",
    argument: [
      "[pairs...]",
      "a table (.tsv, .csv, .jsonl): what is spelled, and its symbols between spaces; or two files",
    ],
    sourceTokenizer: "character",
    targetTokenizer: "word",
    columns: {},
    batchSize: 128,
  },
  {
    name: "autoencoder",
    description: "learn to keep a sentence in one vector and write it again, from lines of text",
    argument: ["[text]", "a file of lines, or a table with --text-column"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: {},
    copies: true,
  },
];
