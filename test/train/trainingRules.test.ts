import { expect, test } from "vitest";
import { adagrad, adam, adamw, asgd, optimizer, rmsprop, sgd } from "../../lib/train/optimizers.js";
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
