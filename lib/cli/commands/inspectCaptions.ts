import { join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomically } from "../../formats/index.js";
import type { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import { renderReport } from "../../viz/index.js";
import { captionedLike } from "../captionFiles.js";
import { captionPictureOf } from "../captionPictures.js";
import { describeCaptioner } from "../describeCaptioner.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { printer } from "../print.js";
import { withCaptionColumns } from "../reading.js";
import { figuresOf, summaryOf } from "../reportFigures.js";
import type { Ability } from "../verbs.js";
import { historyIn, inspect } from "./inspect.js";

/** Images in the report. */
const mostImages = 24;

/** Curves, and where the model looks while it describes the first images of a table. */
export const inspectCaptions: Ability = { verb: inspect, options: withCaptionColumns, run: showCaptions };

type Options = ExecutorOptions & { text?: string[]; out?: string; json?: boolean };

function showCaptions(folder: string, options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const { text: files = [], out = join(folder, "report.html") } = options;
    const model = await modelFrom<ImageCaptioner>(folder, options);
    const images = files.length > 0 ? await captionedLike(model, { folder, files, command, signal }) : [];
    const shown = images.slice(0, mostImages);
    const written = await model.caption(shown, { signal });
    const captions = written.flatMap((caption, i) => {
      const picture = captionPictureOf(caption, shown[i]?.image ?? null);
      return picture ? [{ ...picture, references: shown[i]?.captions ?? [] }] : [];
    });
    const history = await historyIn(folder);
    const html = renderReport({
      title: folder,
      summary: summaryOf(describeCaptioner(model), history?.steps.at(-1)),
      figures: figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount }),
      configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
      ...(history ? { history } : {}),
      captions,
    });
    await writeFileAtomically(out, html);
    const print = printer({ json: options.json ?? false });
    print.object({ report: out });
    print.line(`The report is in ${out}: open it in a browser.`);
  });
}
