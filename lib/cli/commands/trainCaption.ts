import { Command } from "commander";
import { splitCaptions } from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import type { CaptionedImage } from "../../models/imageCaptioner/captionData.js";
import { CaptionData, captionRules } from "../../models/imageCaptioner/captionData.js";
import { captionerRules } from "../../models/imageCaptioner/config.js";
import type { CaptionEvaluation, CaptionScores } from "../../models/imageCaptioner/imageCaptioner.js";
import { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import type { ImageSet } from "../../models/imageCaptioner/imageSet.js";
import type { Completed, OptionsOf } from "../../options.js";
import { option, optional, pick, table, whole, without } from "../../options.js";
import { imagesOf, noteCaptions, readCaptions } from "../captionFiles.js";
import { cellOptions, withCells } from "../cells.js";
import type { ExampleTraining } from "../exampleTraining.js";
import { batchesOf, longText, trainExamples } from "../exampleTraining.js";
import { executorFrom } from "../executor.js";
import { given, optionsIn, withOptions } from "../options.js";
import { count, countOf } from "../print.js";
import { printCaptionScores } from "../printCaptionScores.js";
import { readingOf, withCaptionColumns } from "../reading.js";
import { tokenizerOfTexts } from "../tokenizers.js";
import type { TrainingOptions } from "../training.js";
import { withTrainingOptions } from "../training.js";
import { trainingCall } from "../trainingCall.js";
import { partRules, tokenRules } from "../trainingParts.js";

const flags = table("train caption", {
  ...partRules,
  /** Side of the square that photos are resized to, in pixels. Default: photos stay as they are. */
  imageSize: option(optional(whole({ minimum: 1, maximum: 4096 })), { onResume: "settled" }),
  ...tokenRules,
  ...pick(captionRules, "batchSize", "maximumLength", "long"),
});

const modelFlags = without(captionerRules, "vocabularySize", "rows", "columns", "channels", "cell");

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

export function captionerCommand(): Command {
  const command = new Command("caption")
    .description("learn to describe images, from a table of images and captions")
    .argument("[tables...]", "tables (.csv, .tsv, .jsonl) with a column of images and one of captions");
  withOptions(command, flags);
  withCaptionColumns(command);
  withOptions(command, modelFlags, { group: "Model" });
  withCells(command, captionerRules.cell.initial);
  withTrainingOptions(command);
  return command.action(async (files: string[], _options: Options, own: Command) =>
    trainExamples(captionTraining(), await trainingCall<Options>(own, files)),
  );
}

type Scores = CaptionEvaluation & Omit<CaptionScores, "texts">;

function captionTraining(): ExampleTraining<Options, CaptionedImage, ImageCaptioner, CaptionData, Scores> {
  // One for all tables.
  let set: ImageSet | undefined;
  return {
    read: async (files, owner, { options: { imageSize }, command, print, signal }) => {
      const reading = readingOf(command);
      const found = await readCaptions(files, reading, owner);
      noteCaptions(print, found);
      set ??= await imagesOf(reading, { owner: "train caption", imageSize, signal });
      return set.captioned(found.images, { signal });
    },
    split: splitCaptions<CaptionedImage>,
    prepare: async (parts, { options, command, print, signal }) => {
      const texts = parts.train.flatMap(({ captions }) => captions);
      const tokenizer = options.resume
        ? (await describeModelFolder(options.out, ImageCaptioner.kind)).tokenizer
        : await tokenizerOfTexts(texts, "the captions", { ...options, signal, print });
      const { seed, batchSize, maximumLength, long } = options;
      const shared = { tokenizer, batchSize, maximumLength, long, signal };
      const batches = await batchesOf(parts, CaptionData, { shared, learnt: { seed } });
      const model = await ImageCaptioner.create({
        tokenizer,
        seed,
        executor: executorFrom(options),
        ...batches.data.shape,
        ...optionsIn(command, modelFlags),
        ...cellOptions(command),
      });
      return { model, ...batches };
    },
    describe: ({ model: { tokenizer }, data, measured }) => {
      const { rows, columns, channels } = data.shape;
      return (
        `${countOf(data.captions, "caption")} of ${countOf(data.images, "image")} to learn, ${count(measured?.captions ?? 0)} to validate` +
        `${longText(data, measured)}; images of ${rows} x ${columns} x ${channels}; ` +
        `vocabulary of ${countOf(tokenizer.size, `${tokenizer.kind} token`)}.`
      );
    },
    samples: 3,
    sample: async (model, images, signal) => {
      const found = await model.caption(images, { beams: 1, ...given({ signal }) });
      return found
        .map(({ text }, i) => `${images[i]?.name}\n  -> ${text}\n     (${images[i]?.captions[0]})`)
        .join("\n");
    },
    evaluate: async (model, images, signal) => {
      const predicted = await model.evaluate(images, { signal });
      const { texts: _, ...scores } = await model.score(images, { signal });
      return { ...predicted, ...scores };
    },
    printResult: (print, scores) => printCaptionScores(print, { predicted: scores, scores }),
  };
}
