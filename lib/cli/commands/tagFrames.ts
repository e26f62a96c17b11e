import type { Command } from "commander";
import type { FrameSequence } from "../../data/index.js";
import { sequenceTitle } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { FrameTagger, FrameTagging } from "../../models/frameTagger/frameTagger.js";
import { frameTagRules } from "../../models/frameTagger/frameTagger.js";
import type { Completed } from "../../options.js";
import { optional, pick, table, text } from "../../options.js";
import { frameSVG } from "../../viz/index.js";
import { csvCell } from "../csvCell.js";
import { modelFrom } from "../executor.js";
import { framesLike, withFrameOptions } from "../frameFiles.js";
import { framePictureOf } from "../framePictures.js";
import { untilInterrupted } from "../interrupt.js";
import { given, withOptions } from "../options.js";
import { results } from "../output.js";
import type { Ability } from "../verbs.js";
import type { TagVerbOptions } from "./tag.js";
import { tagging } from "./tag.js";

const flags = table("tag files of frames", {
  ...pick(frameTagRules, "batchSize", "threshold"),
  /** File for a picture of the labels of the first sequence over its frames. Default: none. */
  svg: optional(text({ as: "file" })),
});

type Options = TagVerbOptions & Completed<typeof flags>;

/** The labels of the frames of files, as CSV or JSON. */
export const tagFrames: Ability = {
  verb: tagging,
  options: (command) => withFrameOptions(withOptions(command, flags), { labels: false }),
  run: writeLabels,
};

/** Sequences that are read and written at once. */
const sequencesAtOnce = 64;

function writeLabels(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    if (files.length === 0) throw new OptionError("tag: expected files of sequences, got none.");
    const model = await modelFrom<FrameTagger>(folder, options);
    const { threshold, batchSize, svg } = options;
    const sequences = await framesLike(model, { folder, files, command, labels: false });
    for (let start = 0; start < sequences.length; start += sequencesAtOnce) {
      const own = sequences.slice(start, start + sequencesAtOnce);
      const found = await model.tag(own, { batchSize, ...given({ threshold }), signal });
      // After the first of them, which refuse options that the model has no use for.
      if (start === 0 && !options.json) results.write(`${header(model, options).join(",")}\n`);
      if (start === 0 && svg !== undefined) {
        const picture = framePictureOf(model, own[0] as FrameSequence, found[0] as FrameTagging, { index: 0 });
        await writeFileAtomically(svg, frameSVG(picture));
      }
      for (const [i, sequence] of own.entries()) {
        const title = sequenceTitle(sequence, { index: start + i });
        write(title, found[i] as FrameTagging, { model, options });
      }
    }
  });
}

function header({ labels, tokenizer }: FrameTagger, { probabilities }: TagVerbOptions): string[] {
  const likely = probabilities ? labels.map(csvCell) : tokenizer.several ? [] : ["probability"];
  return ["sequence", "frame", tokenizer.several ? "labels" : "label", ...likely];
}

/** A row for each frame, from 1; several labels stand between spaces. */
function write(
  title: string,
  { labels, probabilities }: FrameTagging,
  { model, options }: { model: FrameTagger; options: TagVerbOptions },
): void {
  const names = model.labels;
  const C = names.length;
  const rowOf = (t: number) => probabilities.subarray(t * C, (t + 1) * C);
  if (options.json) {
    const likely = () => labels.map((_, t) => Object.fromEntries(names.map((name, c) => [name, rowOf(t)[c]])));
    results.json({ sequence: title, labels, ...(options.probabilities ? { probabilities: likely() } : {}) });
    return;
  }
  const rows = labels.map((label, t) => {
    const all = [...rowOf(t)];
    const likely = options.probabilities ? all : typeof label === "string" ? [all[names.indexOf(label)] as number] : [];
    return [csvCell(title), t + 1, csvCell([label].flat().join(" ")), ...likely.map((p) => p.toFixed(4))].join(",");
  });
  results.write(rows.map((row) => `${row}\n`).join(""));
}
