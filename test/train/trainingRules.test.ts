import { expect, test } from "vitest";
import { expectSameTraining, fingerprintOf, turnsOf } from "../../lib/train/fingerprint.js";
import { adagrad, adam, adamw, asgd, optimizer, rmsprop, sgd } from "../../lib/train/optimizers.js";
import { expectPlainSteps } from "../../lib/train/plainSteps.js";
import { constant, cosine, plateau, schedule, stepDecay, warmup } from "../../lib/train/schedules.js";
import { completeTrainerOptions } from "../../lib/train/trainerOptions.js";

const data = { length: 1, batches: () => [] };

test("the defaults of optimizers and schedules are those that their docs name", () => {
  expect(sgd().options).toEqual({ learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 });
  expect(adam().options).toEqual({ learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  expect(adamw().options).toEqual({ ...adam().options, weightDecay: 0.01 });
  expect(rmsprop().options).toEqual({ learningRate: 0.002, alpha: 0.95, epsilon: 1e-8, momentum: 0, weightDecay: 0 });
  expect(adagrad().options).toEqual({ learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 });
  expect(asgd().options).toEqual({ learningRate: 1, weightDecay: 0, nonMonotone: 5 });
  expect(stepDecay().options).toEqual({ start: 1, every: 1, factor: 0.5 });
  expect(plateau().options).toEqual({ factor: 0.5, patience: 1, minimumGain: 0, keepDecaying: 0 });
  expect(cosine().options).toEqual({ floor: 0 });
  expect(warmup(5).options).toEqual({ warmup: 5 });
});

test("an option outside its range, of another type or misspelt is refused", () => {
  const refusals: [make: () => unknown, words: RegExp][] = [
    [() => sgd({ momentum: 1 }), /sgd: expected momentum to be a number.*below 1/],
    [() => sgd({ nesterov: "no" as never }), /sgd: expected nesterov to be true or false, got "no"/],
    [() => sgd({ nesterov: true }), /nesterov needs momentum/],
    [() => adam({ learningRate: 1e39 }), /adam: expected learningRate to be a number.*as float32/],
    [() => adam({ learningRate: -1 }), /adam: expected learningRate to be a number at least 0/],
    // As float32 it is 1, and the corrected means would be divided by 0.
    [() => adam({ beta1: 1 - 1e-9 }), /adam: expected beta1/],
    [() => adam({ epsilon: 1e-60 }), /adam: expected epsilon to be a number above 0/],
    [() => adamw({ weigthDecay: 1 } as never), /adamw: unknown option "weigthDecay"; did you mean weightDecay/],
    [() => rmsprop({ alpha: Number.NaN }), /rmsprop: expected alpha.*got NaN/],
    [() => adagrad(5 as never), /adagrad: expected an object of options, got 5/],
    [() => stepDecay({ every: 0 }), /stepDecay: expected every to be a number above 0/],
    [() => stepDecay({ factor: 1.5 }), /stepDecay: expected factor/],
    [() => plateau({ patience: 0 }), /plateau: expected patience to be a whole number at least 1/],
    [() => plateau({ keepDecaying: 1 as never }), /plateau: expected keepDecaying to be true or false/],
    [() => cosine({ floor: 2 }), /cosine: expected floor/],
    [() => warmup(1.5), /warmup: expected steps to be a whole number/],
    [() => optimizer("adm"), /optimizer: expected name to be one of sgd, adam, adamw/],
    [() => schedule("cosin"), /schedule: expected name to be one of constant, step, plateau, cosine/],
  ];
  for (const [make, words] of refusals) {
    expect(make).toThrow(words);
    expect(make).toThrow(expect.objectContaining({ code: "ERR_OSTINATO_OPTION" }));
  }
});

test("a Trainer takes optimizers and schedules by name too", () => {
  const named = completeTrainerOptions({ data, optimizer: "rmsprop", schedule: "cosine" });
  expect(named.optimizer).toMatchObject({ name: "rmsprop", options: rmsprop().options });
  expect(named.schedule).toMatchObject({ name: "cosine", options: { floor: 0 } });
  const left = completeTrainerOptions({ data });
  expect([left.optimizer.name, left.schedule.name]).toEqual(["adam", constant().name]);
  const own = sgd();
  expect(completeTrainerOptions({ data, optimizer: own }).optimizer).toBe(own);
  expect(() => completeTrainerOptions({ data, optimizer: "adm" as never })).toThrow(/one of sgd, adam, adamw/);
  expect(() => completeTrainerOptions({ data, optimizer: { name: "mine" } as never })).toThrow(/or its name/);
  for (const [option, expected] of [
    ["optimizer", /expected optimizer to be an optimizer: .* or its name, got null/],
    ["schedule", /expected schedule to be a schedule: .* or its name, got null/],
    ["samples", /expected samples to be .*, got null/],
    ["record", /expected record to be .*, got null/],
  ] as const)
    expect(() => completeTrainerOptions({ data, [option]: null })).toThrow(expected);
  expect(() => completeTrainerOptions({ data, clipValue: -1 })).toThrow(/clipValue to be a number at least 0/);
  expect(() => completeTrainerOptions({ data, clipNorm: -1 })).toThrow(/clipNorm to be a number at least 0/);
  expect(() => completeTrainerOptions({ data, schedule: 3 as never })).toThrow(/a schedule: constant\(\).*or its name/);
});

test("options that were left out have their defaults or are not there, and the others are passed on", () => {
  const left = completeTrainerOptions({ data });
  expect(left).toMatchObject({ data, clipNorm: 5, clipValue: 0, epochs: 10, maximumSteps: Number.POSITIVE_INFINITY });
  const optional = ["validation", "folder", "samples", "record", "communicator"];
  for (const name of optional) expect(left).not.toHaveProperty(name);
  expect(completeTrainerOptions({ data, clipValue: 0.5 })).toMatchObject({ clipNorm: 0, clipValue: 0.5 });
  const given = {
    ...{ data, validation: { ...data, role: "validate" }, folder: "model", clipNorm: 2, maximumSteps: 7, epochs: 3 },
    record: { command: "train lm", files: { train: ["a.txt"] }, options: {} },
    communicator: { rank: 0, size: 1, gather: async () => [] },
  };
  expect(completeTrainerOptions(given as never)).toMatchObject(given);
});

test("options of a Trainer that contradict each other are refused, and each of them alone is not", () => {
  const complete = (options: object) => () => completeTrainerOptions({ data, ...options } as never);
  const validation = { ...data, role: "validate" };
  expect(complete({ validation: { ...data, role: "train" } })).toThrow('pass role: "validate" where it is made');
  expect(complete({ compress: "top-k", localSteps: 1 })).toThrow("leave one of them out");
  for (const nonMonotone of [1, 5]) {
    const words = "asgd begins to average when the validation loss no longer falls";
    expect(complete({ optimizer: asgd({ nonMonotone }) })).toThrow(words);
  }
  for (const options of [
    { validation },
    { validation: data },
    { compress: "top-k" },
    { compress: "bfloat16", localSteps: 2 },
    { optimizer: asgd(), validation },
    { optimizer: asgd({ nonMonotone: 0 }) },
  ])
    expect(complete(options)).not.toThrow();
  const record = { command: "train lm", files: { train: [] }, options: {} };
  for (const [name, whole] of Object.entries({
    data,
    schedule: { name: "mine", options: {}, factor: () => 1, save: () => ({}), restore: () => {} },
    optimizer: { name: "mine", learningRate: 1, options: {}, moments: [], record: () => {} },
    record,
  })) {
    expect(complete({ [name]: whole })).not.toThrow();
    for (const part of Object.keys(whole)) {
      expect(complete({ [name]: { ...whole, [part]: undefined } }), part).toThrow(`expected ${name} to be`);
    }
  }
  expect(complete({ data: { ...data, length: 0 } })).toThrow("with at least one batch");
  expect(complete({ record: { ...record, files: {} } })).toThrow("expected record to be");
});

test("a model that makes its own steps takes sgd alone, one batch at a time and without clipping", () => {
  const checked = (options: object) => () => {
    const asked = { data, optimizer: sgd(), ...options };
    expectPlainSteps(completeTrainerOptions(asked), asked);
  };
  for (const options of [{}, { optimizer: "sgd" }, { accumulate: 1 }, { clipNorm: 0 }, { clipValue: 0 }])
    expect(checked(options)).not.toThrow();
  for (const [options, words] of [
    [{ optimizer: adam() }, "Use the optimizer sgd without momentum or weight decay"],
    [{ optimizer: sgd({ momentum: 0.5 }) }, "Use the optimizer sgd"],
    [{ optimizer: sgd({ weightDecay: 0.5 }) }, "Use the optimizer sgd"],
    [{ accumulate: 2 }, "leave accumulate out"],
    [{ clipNorm: 1 }, "leave clipNorm out"],
    [{ clipValue: 1 }, "leave clipValue out"],
  ] as const)
    expect(checked(options)).toThrow(words);
});

test("samples, and what a folder keeps of a training, are objects with all that they need", () => {
  const write = () => "";
  for (const samples of [
    { every: 0, write },
    { every: 1.5, write },
    { write },
    { every: 5 },
    { every: 5, write: "" },
    5,
  ]) {
    expect(() => completeTrainerOptions({ data, samples: samples as never })).toThrow(/expected samples to be/);
  }
  expect(completeTrainerOptions({ data, samples: { every: 1, write } as never }).samples).toEqual({ every: 1, write });
});

/** Names of what is not alike in two fingerprints. */
const unlike = (a: object, b: object) => {
  const [one, other] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
};

test("a training with another setting is told from this one by the name of what is not the same", async () => {
  const all = (options: object, steps = 7) =>
    fingerprintOf(completeTrainerOptions({ data, validation: data, ...options }), steps);
  const usual = await all({});
  const cases: [options: object, names: string[]][] = [
    [{ optimizer: sgd({ learningRate: 0.001 }) }, ["optimizer"]],
    [{ optimizer: adam({ learningRate: 0.002 }) }, ["optimizer"]],
    [{ schedule: stepDecay() }, ["schedule"]],
    [{ schedule: warmup(5) }, ["schedule"]],
    [{ schedule: cosine() }, ["schedule", "updates in all"]],
    [{ data: { ...data, length: 2 } }, ["data"]],
    [{ data: { ...data, identity: "4 x 16" } }, ["data"]],
    [{ data: { ...data, digest: async () => "a" } }, ["data digest"]],
    [{ validation: { ...data, length: 2 } }, ["validation"]],
    [{ validation: undefined }, ["validation"]],
    [{ clipNorm: 1 }, ["clipNorm"]],
    [{ clipValue: 1 }, ["clipNorm", "clipValue"]],
    [{ reduction: "sequence" }, ["reduction"]],
    [{ accumulate: 2 }, ["accumulate"]],
    [{ seed: 2 }, ["seed"]],
    // These may change when a training is resumed.
    [{ epochs: 3, maximumSteps: 5, patience: 2, validateEvery: 2, best: "accuracy" }, []],
  ];
  for (const [options, names] of cases) expect(unlike(usual, await all(options))).toEqual(names);
  expect(unlike(usual, await all({}, 8))).toEqual([]);
  expect([usual.validation, (await all({ validation: undefined })).validation]).toEqual(["1 batches", "none"]);
  expect(unlike(await all({ schedule: "cosine" }), await all({ schedule: "cosine" }, 8))).toEqual(["updates in all"]);
});

test("ranks are told apart by each setting by which they know what comes next", () => {
  const turns = (options: object, steps = 7) =>
    turnsOf(completeTrainerOptions({ data, validation: data, ...options }), steps);
  const cases: [options: object, name: string][] = [
    [{ resume: true }, "resume"],
    [{ folder: "model" }, "folder"],
    [{ validateEvery: 2 }, "validation every"],
    [{ patience: 3 }, "patience"],
    [{ best: "accuracy" }, "best"],
    [{ bucketMegabytes: 1 }, "buckets"],
    [{ compress: "bfloat16" }, "buckets"],
    [{ localSteps: 2 }, "outer step"],
    [{ outerLearningRate: 0.5 }, "outer step"],
    [{ outerMomentum: 0.5 }, "outer step"],
  ];
  for (const [options, name] of cases) expect(unlike(turns({}), turns(options))).toEqual([name]);
  expect(unlike(turns({}), turns({}, 8))).toEqual(["updates in all"]);
  const [share, other] = [0.01, 0.02].map((compressShare) => turns({ compress: "top-k", compressShare }));
  expect(unlike(share as object, other as object)).toEqual(["buckets"]);
  // Ranks may give the folder unlike names, as the first alone writes there.
  expect([turns({}).folder, turns({ folder: "model" }).folder]).toEqual(["none", "one"]);
  expect(unlike(turns({ folder: "model" }), turns({ folder: "other" }))).toEqual([]);
});

test("a resume says what is not as it was: of data, of its content and of options", () => {
  const cases: [name: string, words: string][] = [
    ["data", "the data of the training in old was 1, and now is 2: the files or how they are read have changed"],
    ["validation", "the validation data of the training in old was 1, and now is 2: the files"],
    ["data digest", "the data to learn from is as long as that of the training in old, and not the same"],
    ["validation digest", "the validation data is as long as that of the training in old, and not the same"],
    ["clipNorm", "the training in old has clipNorm 1, and this one has 2"],
    ["accumulate", "the training in old has accumulate 1, and this one has 2"],
  ];
  for (const [name, words] of cases) {
    const changes = () => expectSameTraining("old", { seed: 1, [name]: 1 }, { seed: 1, [name]: 2 });
    expect(changes).toThrow(words);
    expect(changes).toThrow(expect.objectContaining({ code: "ERR_OSTINATO_OPTION" }));
    expectSameTraining("old", { [name]: 2 }, { [name]: 2 });
    if (name !== "accumulate") expectSameTraining("old", {}, { [name]: 2 });
  }
});
