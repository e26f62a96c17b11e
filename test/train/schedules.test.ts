import { expect, test } from "vitest";
import { optimizer, sgd } from "../../lib/train/optimizers.js";
import {
  constant,
  cosine,
  linearDecay,
  noam,
  plateau,
  schedule,
  stepDecay,
  warmup,
} from "../../lib/train/schedules.js";

const at = (epoch: number, step = 0, totalSteps = 100) => ({ epoch, step, totalSteps });

test("Zaremba's small schedule: rate 1 for four epochs, then halved every epoch", () => {
  const { factor } = stepDecay({ start: 4, factor: 0.5 });
  expect([0, 1, 2, 3, 4, 5, 12].map((epoch) => factor(at(epoch)))).toEqual([1, 1, 1, 1, 0.5, 0.25, 0.5 ** 9]);
  const slow = stepDecay({ start: 1, every: 3 });
  expect([0, 1, 3, 4, 6, 7].map((epoch) => slow.factor(at(epoch)))).toEqual([1, 0.5, 0.5, 0.25, 0.25, 0.125]);
  slow.restore(slow.save());
  expect(slow.save()).toEqual({});
});

test("a loss that is lower by less than the least gain, or by just as much, is none, and yet the one to be lower than", () => {
  const rule = plateau({ minimumGain: 0.5 });
  const factors = [3, 2.75, 2.25, 1.5].map((loss) => {
    rule.validated?.(loss);
    return rule.factor(at(0));
  });
  expect(factors).toEqual([1, 0.5, 0.25, 0.25]);
});

test("a plateau decays the rate only when the loss stops improving, and its state survives a checkpoint", () => {
  const rule = plateau({ factor: 0.5, patience: 2 });
  for (const loss of [3, 2, 2.5, 1.9]) rule.validated?.(loss);
  expect(rule.factor(at(0))).toBe(1);
  for (const loss of [2, 1.95]) rule.validated?.(loss);
  expect(rule.factor(at(0))).toBe(0.5);
  const copy = plateau({ factor: 0.5, patience: 2 });
  copy.restore(JSON.parse(JSON.stringify(rule.save())));
  for (const one of [rule, copy]) for (const loss of [2, 2]) one.validated?.(loss);
  expect([rule.factor(at(0)), copy.factor(at(0))]).toEqual([0.25, 0.25]);
  // The first of two misses is remembered, too.
  rule.validated?.(2);
  copy.restore(rule.save());
  copy.validated?.(2);
  expect(copy.factor(at(0))).toBe(0.125);
});

test("once it has decayed, a plateau that keeps decaying does so at each validation, better or not; a new one starts from nothing", () => {
  const rule = plateau({ factor: 0.5, patience: 2, keepDecaying: true });
  const factors = [3, 2, 2.5, 2.5, 1, 0.5].map((loss) => {
    rule.validated?.(loss);
    return rule.factor(at(0));
  });
  expect(factors).toEqual([1, 1, 1, 0.5, 0.25, 0.125]);
  // As a checkpoint from before the first validation has it.
  rule.restore(JSON.parse(JSON.stringify(plateau().save())));
  expect([rule.factor(at(0)), rule.save()]).toEqual([1, { misses: 0, decays: 0 }]);
  rule.restore({});
  expect(rule.save()).toEqual({ misses: 0, decays: 0 });
  for (const loss of [9, 10]) rule.validated?.(loss);
  expect(rule.save()).toEqual({ misses: 1, decays: 0, best: 9 });
});

test("a warm-up hands on to a schedule of one's own, a class too", () => {
  class Halving {
    readonly name = "halving";
    readonly options = {};
    readonly needsTotal = true;
    halvings = 0;
    factor(): number {
      return 0.5 ** this.halvings;
    }
    validated(): void {
      this.halvings++;
    }
    save(): Record<string, number> {
      return { halvings: this.halvings };
    }
    restore({ halvings = 0 }: Record<string, number>): void {
      this.halvings = halvings;
    }
  }
  const rule = warmup(3, new Halving());
  expect([0, 1, 2, 3].map((step) => rule.factor(at(0, step)))).toEqual([1 / 3, 2 / 3, 1, 1]);
  rule.validated?.(1);
  expect([rule.factor(at(0, 3)), rule.save(), rule.needsTotal]).toEqual([0.5, { halvings: 1 }, true]);
  rule.restore({});
  expect(rule.factor(at(0, 3))).toBe(1);
  expect(warmup(3).needsTotal).toBeUndefined();
  const part = { name: "half", options: {}, factor: () => 1 };
  for (const other of [part, { ...constant(), options: null }]) {
    expect(() => warmup(3, other as never)).toThrow(/warmup: expected then to be a schedule/);
  }
});

test("a cosine falls from 1 to its floor, a warm-up rises to it", () => {
  const { factor } = cosine({ floor: 0.1 });
  expect([0, 50, 100, 120].map((step) => factor(at(0, step)))).toEqual([
    1,
    expect.closeTo(0.55),
    expect.closeTo(0.1),
    expect.closeTo(0.1),
  ]);
  // A single update is the first and the last; before it is known how many there are, the rate is the whole one.
  expect([factor(at(0, 0, 1)), factor(at(0, 1, 1)), factor(at(0, 0, 0))]).toEqual([1, expect.closeTo(0.1), 1]);
  const warm = warmup(10, constant());
  expect([0, 4, 9, 50].map((step) => warm.factor(at(0, step)))).toEqual([0.1, 0.5, 1, 1]);
});

test("Noam's schedule, times the peak (F w)^-1/2, is the paper's equation", () => {
  const [F, w] = [512, 4000];
  const { factor } = noam({ warmup: w });
  for (const step of [1, 100, 3999, 4000, 4001, 90_000]) {
    const rate = F ** -0.5 * Math.min(step ** -0.5, step * w ** -1.5);
    expect((F * w) ** -0.5 * factor(at(0, step - 1))).toBeCloseTo(rate, 12);
  }
  expect(schedule("noam", { warmup: 10 }).factor(at(0, 39))).toBeCloseTo(0.5, 12);
});

test("a line falls from 1 to its floor, as the learning rate of word2vec does", () => {
  const { factor } = linearDecay();
  expect([0, 25, 100, 120].map((step) => factor(at(0, step)))).toEqual([1, 0.75, 1e-4, 1e-4]);
  expect([factor(at(0, 0, 1)), factor(at(0, 1, 1)), factor(at(0, 0, 0))]).toEqual([1, 1e-4, 1]);
});

test("a schedule has the name and the numbers that files and reports show, and says whether it needs the length of the training", () => {
  const described = [
    constant(),
    stepDecay({ start: 4, every: 2, factor: 0.25 }),
    plateau({ factor: 0.25, patience: 3, minimumGain: 0.5, keepDecaying: true }),
    cosine({ floor: 0.1 }),
    linearDecay({ floor: 0.2 }),
    noam({ warmup: 20 }),
    warmup(1, cosine({ floor: 0.1 })),
    warmup(0, cosine({ floor: 0.1 })),
    schedule("plateau", { warmup: 5, keepDecaying: true }),
    schedule("cosine"),
    schedule("linear", { floor: 0.3 }),
  ].map(({ name, options, needsTotal = false }) => [name, options, needsTotal]);
  const all = { factor: 0.25, patience: 3, minimumGain: 0.5, keepDecaying: 1 };
  expect(described).toEqual([
    ["constant", {}, false],
    ["step", { start: 4, every: 2, factor: 0.25 }, false],
    ["plateau", all, false],
    ["cosine", { floor: 0.1 }, true],
    ["linear", { floor: 0.2 }, true],
    ["noam", { warmup: 20 }, false],
    ["warmup+cosine", { floor: 0.1, warmup: 1 }, true],
    ["cosine", { floor: 0.1, warmup: 0 }, true],
    ["warmup+plateau", { factor: 0.5, patience: 1, minimumGain: 0, keepDecaying: 1, warmup: 5 }, false],
    ["cosine", { floor: 0, warmup: 0 }, true],
    ["linear", { floor: 0.3, warmup: 0 }, true],
  ]);
  expect(() => warmup(1.5)).toThrow("warmup: expected steps to be a whole number");
});

test("names of the command line give the same rules; wrong ones are refused with what there is", () => {
  expect(schedule("step", { start: 4, factor: 0.5 }).factor(at(5))).toBe(0.25);
  expect(() => schedule("triangle")).toThrow(/constant, step, plateau, cosine, noam, linear/);
  expect(optimizer("adam", { learningRate: 0.01 }).learningRate).toBe(0.01);
  expect(() => optimizer("lion")).toThrow(/sgd, adam, adamw, rmsprop, adagrad/);
  expect(() => optimizer("adam", { momentum: 0.9 })).toThrow(/adam: unknown option "momentum"/);
  expect(() => sgd({ nesterov: true })).toThrow(/nesterov needs momentum/);
  expect(() => sgd({ learningRate: -1 })).toThrow(/at least 0 .*got -1/);
});
