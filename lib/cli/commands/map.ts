import { readLines } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { flag, option, table, text } from "../../options.js";
import { vectorMap, vectorMapSVG } from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { withOptions } from "../options.js";
import { count, countOf, printer } from "../print.js";
import type { Ability, Verb } from "../verbs.js";

const flags = table("map", {
  /** File of the picture. Default map.svg. */
  out: option(text({ initial: "map.svg", as: "file" }), { flag: "-o, --out" }),
  /** Print one JSON object with the points. */
  json: flag(),
});

/** More points than these are a cloud, and their components take long. */
const mostLines = 500;

const verb: Verb = {
  name: "map",
  description: "draw the vectors of sentences or words on the plane in which they differ most (PCA)",
  arguments: [
    ["<file>", `a sentence, phrase or word a line, at most ${count(mostLines)}; after a tab, a group to colour it by`],
  ],
  options: (command) => withOptions(command, flags),
};

/** Sentences by what the encoder makes of them. */
export const map: Ability = {
  verb,
  run: (folder: string, file: string, options: Options) =>
    drawMap(folder, file, options, async (labels) => (await modelFrom<Seq2Seq>(folder, options)).vectors(labels)),
};

/** Words by their vectors. */
export const mapWords: Ability = {
  verb,
  run: (folder: string, file: string, options: Options) =>
    drawMap(folder, file, options, async (labels) => {
      const vectors = await (await modelFrom<Word2Vec>(folder, options)).vectors();
      return labels.map((word) => {
        const own = vectors.of(word);
        if (own) return own;
        throw new InputError(`map: ${file} has ${JSON.stringify(word)}, and there is no vector of it.`);
      });
    }),
};

type Options = ExecutorOptions & Completed<typeof flags>;

async function drawMap(
  folder: string,
  file: string,
  options: Options,
  vectorsOf: (labels: readonly string[]) => Promise<readonly ArrayLike<number>[]>,
): Promise<void> {
  const print = printer(options);
  const lines = await readLines(file);
  const rows = lines.map((line) => line.split("\t") as [string, string?]).filter(([label]) => label.trim() !== "");
  if (rows.length > mostLines) {
    throw new InputError(
      `map: ${file} has ${countOf(rows.length, "line")}, and at most ${count(mostLines)} can be drawn. ` +
        `Give it fewer, such as the first: head -n ${mostLines} ${file} > fewer.txt`,
    );
  }
  const grouped = rows.filter(([, group]) => group !== undefined).length;
  if (grouped > 0 && grouped < rows.length) {
    const at = rows.findIndex(([, group]) => group === undefined);
    throw new InputError(`map: ${JSON.stringify(rows[at]?.[0])} in ${file} has no group, and other lines have one.`);
  }
  const labels = rows.map(([label]) => label);
  const points = vectorMap({
    labels,
    vectors: await vectorsOf(labels),
    ...(grouped > 0 ? { groups: rows.map(([, group]) => group as string) } : {}),
  });
  await writeFileAtomically(options.out, vectorMapSVG(points, { title: folder }));
  print.object({ ...points, file: options.out });
  const [x, y] = points.shares.map((share) => `${(100 * share).toFixed(1)} %`);
  print.line(
    `${countOf(labels.length, "vector")}: ${x} of their variance lies along x, ${y} along y. The map is in ${options.out}.`,
  );
}
