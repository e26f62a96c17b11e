import { join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomically } from "../../formats/index.js";
import type { FrameTagger, FrameTagging } from "../../models/frameTagger/frameTagger.js";
import { renderReport } from "../../viz/index.js";
import { describeFrameTagger } from "../describeFrameTagger.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { framesLike, withFrameOptions } from "../frameFiles.js";
import { framePictureOf } from "../framePictures.js";
import { untilInterrupted } from "../interrupt.js";
import { printer } from "../print.js";
import { figuresOf, summaryOf } from "../reportFigures.js";
import type { Ability } from "../verbs.js";
import { historyIn, inspect } from "./inspect.js";

/** Sequences in the report. */
const mostSequences = 12;

/** Curves, and the labels of the frames of the first sequences of files. */
export const inspectFrames: Ability = { verb: inspect, options: withFrameOptions, run: showFrames };

type Options = ExecutorOptions & { text?: string[]; out?: string; json?: boolean };

function showFrames(folder: string, options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const { text: files = [], out = join(folder, "report.html") } = options;
    const model = await modelFrom<FrameTagger>(folder, options);
    const all = files.length > 0 ? await framesLike(model, { folder, files, command, labels: true }) : [];
    const shown = all.slice(0, mostSequences);
    const found = shown.length > 0 ? await model.tag(shown, { signal }) : [];
    const history = await historyIn(folder);
    const html = renderReport({
      title: folder,
      summary: summaryOf(describeFrameTagger(model), history?.steps.at(-1)),
      figures: figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount }),
      configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
      unit: "nats per frame",
      ...(history ? { history } : {}),
      frames: shown.map((sequence, index) => framePictureOf(model, sequence, found[index] as FrameTagging, { index })),
    });
    await writeFileAtomically(out, html);
    const print = printer({ json: options.json ?? false });
    print.object({ report: out });
    print.line(`The report is in ${out}: open it in a browser.`);
  });
}
