import { OptionError } from "../errors.js";
import type { TrainingData } from "./data.js";
import type { CompleteTrainerOptions } from "./trainerOptions.js";

/** Settings that must not change between the parts of one training, by name. */
export type Fingerprint = Record<string, string | number>;

/** @param totalSteps updates that the whole training takes. */
export async function fingerprintOf<Form>(
  { optimizer, schedule, data, validation, accumulate, ...options }: CompleteTrainerOptions<Form>,
  totalSteps: number,
): Promise<Fingerprint> {
  const { clipNorm, clipValue, reduction, seed } = options;
  return {
    optimizer: `${optimizer.name} ${JSON.stringify(optimizer.options)}`,
    schedule: `${schedule.name} ${JSON.stringify(schedule.options)}`,
    ...(await contentOf("data", data)),
    ...(await contentOf("validation", validation)),
    ...(schedule.needsTotal ? { "updates in all": totalSteps } : {}),
    clipNorm,
    clipValue,
    reduction,
    accumulate,
    seed,
  };
}

/** Settings that may change between the parts of a training, and by which ranks that train together know what is next. */
export function turnsOf<Form>(options: CompleteTrainerOptions<Form>, totalSteps: number): Fingerprint {
  const { validateEvery, patience, best, bucketMegabytes, compress, compressShare } = options;
  const { localSteps, outerLearningRate, outerMomentum, resume, folder } = options;
  return {
    resume: String(resume),
    folder: folder === undefined ? "none" : "one",
    "updates in all": totalSteps,
    "validation every": validateEvery,
    patience,
    best,
    buckets: `of ${bucketMegabytes} MB, compress ${compress}${compress === "top-k" ? ` of ${compressShare}` : ""}`,
    "outer step": `every ${localSteps} local steps, rate ${outerLearningRate}, momentum ${outerMomentum}`,
  };
}

/** How data is cut into batches, and what is in them. */
async function contentOf<Form>(name: string, data: TrainingData<Form> | undefined): Promise<Fingerprint> {
  if (!data) return { [name]: "none" };
  const digest = await data.digest?.();
  return {
    [name]: data.identity ?? `${data.length} batches`,
    ...(digest === undefined ? {} : { [`${name} digest`]: digest }),
  };
}

/** @throws OptionError for what is not as it was. What an older version did not write down is not compared. */
export function expectSameTraining(folder: string, before: Fingerprint, now: Fingerprint): void {
  for (const [name, value] of Object.entries(now)) {
    // Before there was this option each batch was an update.
    const then = name === "accumulate" ? (before[name] ?? 1) : before[name];
    if (then === undefined || then === value) continue;
    if (name.endsWith(" digest")) {
      const which = name === "data digest" ? "the data to learn from is" : "the validation data is";
      throw new OptionError(
        `Trainer: ${which} as long as that of the training in ${folder}, and not the same. ` +
          "A resumed training continues with the same data; start a new folder to change it.",
      );
    }
    if (name === "data" || name === "validation") {
      const which = name === "data" ? "data" : "validation data";
      throw new OptionError(
        `Trainer: the ${which} of the training in ${folder} was ${then}, and now is ${value}: the files or how they are read have changed. ` +
          "A resumed training continues with the same data; start a new folder to change it.",
      );
    }
    throw new OptionError(
      `Trainer: the training in ${folder} has ${name} ${then}, and this one has ${value}. ` +
        "A resumed training continues with the same options; start a new folder to change them.",
    );
  }
}
