import { Command } from "commander";
import type { ImageCaptions, Tokenizer } from "../../data/index.js";
import { splitCaptions } from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import type { CaptionedImage } from "../../models/imageCaptioner/captionData.js";
import { CaptionData, captionRules } from "../../models/imageCaptioner/captionData.js";
import { captionerRules } from "../../models/imageCaptioner/config.js";
import { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import type { Completed, OptionsOf } from "../../options.js";
import { option, optional, pick, table, whole, without } from "../../options.js";
import { imagesOf, noteCaptions, readCaptions } from "../captionFiles.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import { printCaptionScores } from "../printCaptionScores.js";
import { readingOf, withCaptionColumns } from "../reading.js";
import { tokenizerOfTexts } from "../tokenizers.js";
import type { TrainingOptions } from "../training.js";
import { train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";
import { partRules, readParts, tokenRules, validationOf } from "../trainingParts.js";

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
    trainCaptioner(await trainingCall<Options>(own, files), own),
  );
}

async function trainCaptioner(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { options } = call;
  const print = printer(options);
  const validation = validationOf(command, options);
  await train(call, print, async (signal) => {
    const reading = readingOf(command);
    const read = async (paths: readonly string[], flag: string): Promise<ImageCaptions[]> => {
      const found = await readCaptions(paths, reading, flag);
      noteCaptions(print, found);
      return found.images;
    };
    const parts = await readParts(call, { validation, read, split: splitCaptions<ImageCaptions> });
    const set = await imagesOf(reading, { owner: "train caption", imageSize: options.imageSize, signal });
    const learnt = await set.captioned(parts.train, { signal });
    const measured = await set.captioned(parts.validation, { signal });
    const test = parts.test && (await set.captioned(parts.test, { signal }));
    const tokenizer = options.resume
      ? (await describeModelFolder(options.out, ImageCaptioner.kind)).tokenizer
      : await tokenizerOfTexts(textsOf(parts.train), "the captions", { ...options, signal, print });
    const { seed, batchSize, maximumLength, long } = options;
    const shared = { tokenizer, batchSize, maximumLength, long, signal };
    // Files for the end are read first: what is wrong with them would otherwise be found after hours.
    if (test) await CaptionData.create(test, { ...shared, role: "validate" });
    const data = await CaptionData.create(learnt, { ...shared, seed });
    const validationData =
      measured.length > 0 ? await CaptionData.create(measured, { ...shared, role: "validate" }) : undefined;
    const model = await ImageCaptioner.create({
      tokenizer,
      seed,
      executor: executorFrom(options),
      ...data.shape,
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    });
    noteData(print, { data, measured: validationData, tokenizer });
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (measured.length > 0 ? measured : learnt).slice(0, 3);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: validationData }),
      write: (sampled) => sample(model, shown, sampled),
    });
    return { trainer, conclude: () => conclude(model, test, { signal, print }) };
  });
}

function textsOf(images: readonly ImageCaptions[]): string[] {
  return images.flatMap(({ captions }) => captions);
}

function noteData(
  print: Printer,
  { data, measured, tokenizer }: { data: CaptionData; measured: CaptionData | undefined; tokenizer: Tokenizer },
): void {
  const { rows, columns, channels } = data.shape;
  const skipped = data.skipped + (measured?.skipped ?? 0);
  print.note(
    `${count(data.captions)} captions of ${count(data.images)} images to learn, ${count(measured?.captions ?? 0)} to validate` +
      `${skipped > 0 ? `, ${count(skipped)} left out as too long` : ""}; images of ${rows} x ${columns} x ${channels}; ` +
      `vocabulary of ${count(tokenizer.size)} ${tokenizer.kind} tokens.`,
  );
}

/** The captions that the model writes for some images. */
async function sample(model: ImageCaptioner, images: readonly CaptionedImage[], signal?: AbortSignal): Promise<string> {
  const found = await model.caption(images, { beams: 1, ...given({ signal }) });
  return found.map(({ text }, i) => `${images[i]?.name}\n  -> ${text}\n     (${images[i]?.captions[0]})`).join("\n");
}

async function conclude(
  model: ImageCaptioner,
  test: readonly CaptionedImage[] | null,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  if (!test) return;
  const predicted = await model.evaluate(test, { signal });
  const { texts: _, ...scores } = await model.score(test, { signal });
  print.object({ event: "test", ...predicted, ...scores });
  print.line("test:");
  printCaptionScores(print, { predicted, scores });
}
