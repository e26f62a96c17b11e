import type { OptionsOf, OptionTable } from "../options.js";
import { checkOption, completeOptions, expectOneOf, flag, option, real, table, value, whole } from "../options.js";

/** Where training stands when the learning rate of the next step is asked for. */
export interface Moment {
  /** Updates done so far. */
  step: number;
  /** Epochs completed so far. */
  epoch: number;
  /** Updates that the whole training will take, as far as that is known. */
  totalSteps: number;
}

/**
 * The factor by which the optimizer's learning rate is multiplied, over the course of training. A schedule may keep a
 * state (how often it decayed), which checkpoints carry.
 */
export interface Schedule {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
  /** The factor depends on how long the whole training is. */
  readonly needsTotal?: boolean;
  factor(moment: Moment): number;
  /** Called with every validation loss (nats per token). */
  validated?(loss: number): void;
  save(): Record<string, number>;
  /** Takes a state up again. `{}`, with which every training begins: none yet. */
  restore(state: Record<string, number>): void;
}

/** Whether a value has all parts of a schedule. */
export function isSchedule(value: unknown): value is Schedule {
  const { name, options, factor, save, restore } = (value ?? {}) as Partial<Schedule>;
  const hasMethods = [factor, save, restore].every((method) => typeof method === "function");
  return hasMethods && typeof name === "string" && typeof options === "object" && options !== null;
}

const wholeSchedule = value<Schedule>("a schedule: an object with name, options, factor, save and restore", isSchedule);

function stateless(name: string, options: Record<string, number>, factor: Schedule["factor"]): Schedule {
  return { name, options, factor, save: () => ({}), restore: () => {} };
}

/** The same learning rate throughout. */
export function constant(): Schedule {
  return stateless("constant", {}, () => 1);
}

const stepDecayRules = table("step", {
  /** Epochs before the first decay. Default 1. */
  start: option(real({ minimum: 0, initial: 1 }), { flag: "--decay-start" }),
  /** Epochs between decays. Default 1. */
  every: option(real({ above: 0, initial: 1 }), { flag: "--decay-every", aka: ["step_size"] }),
  /** Factor of the learning rate at each decay. Default 0.5. */
  factor: option(real({ above: 0, maximum: 1, initial: 0.5 }), { flag: "--decay-factor", aka: ["gamma"] }),
});

/** Options of `stepDecay`. @interface */
export type StepDecayOptions = OptionsOf<typeof stepDecayRules>;

/**
 * Multiplies the rate by `factor` after `start` epochs and again every `every` epochs. Zaremba et al. (2014), small:
 * stepDecay({ start: 4, factor: 0.5 }).
 * @throws OptionError for an option outside its range.
 */
export function stepDecay(options: StepDecayOptions = {}): Schedule {
  const { start, every, factor } = completeOptions("stepDecay", options, stepDecayRules);
  // Zaremba's epoch 5 (index 4) is the first with a smaller rate when start is 4.
  const decays = (epoch: number) => (epoch < start ? 0 : 1 + Math.floor((epoch - start) / every));
  return stateless("step", { start, every, factor }, ({ epoch }) => factor ** decays(epoch));
}

const plateauRules = table("plateau", {
  /** Factor of the learning rate at each decay. Default 0.5. */
  factor: option(real({ above: 0, below: 1, initial: 0.5 }), { flag: "--decay-factor", aka: ["gamma"] }),
  /** Validations without a gain before a decay. Default 1. */
  patience: option(whole({ minimum: 1, initial: 1 }), { flag: "--decay-patience" }),
  /** Nats by which a loss must be lower to be a gain. Default 0. */
  minimumGain: option(real({ minimum: 0, initial: 0 }), { aka: ["threshold", "min_delta"] }),
  /** Let every validation after the first decay decay the rate again (Mikolov 2012). Default false. */
  keepDecaying: flag(),
});

/** Options of `plateau`. @interface */
export type PlateauOptions = OptionsOf<typeof plateauRules>;

/**
 * Multiplies the rate by `factor` whenever the validation loss has failed to improve by at least `minimumGain` nats for
 * `patience` validations. A loss that is not finite is no improvement.
 * @throws OptionError for an option outside its range.
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  const { factor, patience, minimumGain, keepDecaying } = completeOptions("plateau", options, plateauRules);
  let best = Number.POSITIVE_INFINITY;
  let misses = 0;
  let decays = 0;
  return {
    name: "plateau",
    options: { factor, patience, minimumGain, keepDecaying: Number(keepDecaying) },
    factor: () => factor ** decays,
    validated: (loss) => {
      const gained = loss < best - minimumGain;
      if (loss < best) best = loss;
      misses = gained ? 0 : misses + 1;
      if (misses < patience && !(keepDecaying && decays > 0)) return;
      decays += 1;
      misses = 0;
    },
    // JSON has no infinity: before the first validation there is no best.
    save: () => ({ misses, decays, ...(Number.isFinite(best) ? { best } : {}) }),
    restore: (state) => {
      best = state.best ?? Number.POSITIVE_INFINITY;
      misses = state.misses ?? 0;
      decays = state.decays ?? 0;
    },
  };
}

const cosineRules = table("cosine", {
  /** Share of the learning rate that is left at the end. Default 0. */
  floor: option(real({ minimum: 0, maximum: 1, initial: 0 }), { flag: "--decay-floor", aka: ["eta_min", "alpha"] }),
});

/** Options of `cosine`. @interface */
export type CosineOptions = OptionsOf<typeof cosineRules>;

/**
 * Falls along half a cosine from 1 to `floor` over the whole training (Loshchilov & Hutter 2017).
 * @throws OptionError for an option outside its range.
 */
export function cosine(options: CosineOptions = {}): Schedule {
  const { floor } = completeOptions("cosine", options, cosineRules);
  const rule = stateless("cosine", { floor }, ({ step, totalSteps }) => {
    const share = Math.min(1, step / Math.max(1, totalSteps));
    return floor + ((1 - floor) * (1 + Math.cos(Math.PI * share))) / 2;
  });
  return { ...rule, needsTotal: true };
}

const linearRules = table("linear", {
  /** Share of the learning rate that is left at the end. Default 0.0001. */
  floor: option(real({ minimum: 0, maximum: 1, initial: 1e-4 }), {
    flag: "--decay-floor",
    aka: ["end_factor", "min_alpha"],
  }),
});

/** Options of `linearDecay`. @interface */
export type LinearDecayOptions = OptionsOf<typeof linearRules>;

/**
 * Falls in a straight line from 1 to `floor` over the whole training, as word2vec does (Mikolov et al. 2013).
 * @throws OptionError for an option outside its range.
 */
export function linearDecay(options: LinearDecayOptions = {}): Schedule {
  const { floor } = completeOptions("linearDecay", options, linearRules);
  const rule = stateless("linear", { floor }, ({ step, totalSteps }) =>
    Math.max(floor, 1 - step / Math.max(1, totalSteps)),
  );
  return { ...rule, needsTotal: true };
}

const warmupRules = table("warmup", {
  /** Updates over which the learning rate rises. Default 0. */
  warmup: option(whole({ initial: 0 }), { aka: ["warmup_steps", "num_warmup_steps"] }),
});

/**
 * Rises in a straight line to the factor of `then` over the first `steps` updates (Goyal et al. 2017).
 * @throws OptionError for steps that are no whole number, or a schedule that lacks a part.
 */
export function warmup(steps: number, then: Schedule = constant()): Schedule {
  checkOption("warmup", "steps", steps, warmupRules.warmup);
  checkOption("warmup", "then", then, wholeSchedule);
  return {
    name: steps > 0 ? `warmup+${then.name}` : then.name,
    options: { ...then.options, warmup: steps },
    ...(then.needsTotal ? { needsTotal: true } : {}),
    factor: (moment) => Math.min(1, (moment.step + 1) / Math.max(1, steps)) * then.factor(moment),
    validated: (loss) => then.validated?.(loss),
    save: () => then.save(),
    restore: (state) => then.restore(state),
  };
}

const noamRules = table("noam", {
  /** Updates over which the learning rate rises. Default 4000. */
  warmup: option(whole({ minimum: 1, initial: 4000 }), { aka: ["warmup_steps", "num_warmup_steps"] }),
});

/** Options of `noam`. @interface */
export type NoamOptions = OptionsOf<typeof noamRules>;

/**
 * Rises in a straight line over `warmup` updates, then falls as the inverse square root of their number (Vaswani et al. 2017, equation 3).
 * The optimizer's learning rate is that of the peak; the paper's is (F · warmup)^-1/2 for F features, 0.0007 for 512 and 4000.
 * @throws OptionError for an option outside its range.
 */
export function noam(options: NoamOptions = {}): Schedule {
  const { warmup: steps } = completeOptions("noam", options, noamRules);
  const rule = stateless("noam", {}, ({ step }) => Math.sqrt(steps / Math.max(steps, step + 1)));
  return { ...warmup(steps, rule), name: "noam" };
}

/** The options of each schedule by name. */
export const scheduleTables = {
  constant: warmupRules,
  step: { ...stepDecayRules, ...warmupRules },
  plateau: { ...plateauRules, ...warmupRules },
  cosine: { ...cosineRules, ...warmupRules },
  noam: noamRules,
  linear: { ...linearRules, ...warmupRules },
} as const;

/** A schedule by name. @useDeclaredType */
export type ScheduleName = keyof typeof scheduleTables;

export const scheduleNames = Object.keys(scheduleTables) as ScheduleName[];

/** The schedule of a name, with its own options and `warmup`. @throws OptionError for an unknown name or option. */
export function schedule(name: string, options: Record<string, number | boolean | undefined> = {}): Schedule {
  const known = expectOneOf("schedule", "name", name, scheduleNames);
  const { warmup: steps, ...own } = completeOptions<OptionTable>(known, options, scheduleTables[known]);
  if (known === "noam") return noam({ warmup: steps as number });
  const rules = { constant: (_: object) => constant(), step: stepDecay, plateau, cosine, linear: linearDecay };
  return warmup(steps as number, rules[known](own));
}
