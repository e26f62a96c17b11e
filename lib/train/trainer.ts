import { EventEmitter } from "node:events";
import { OptionError, quote } from "../errors.js";
import type { Values } from "../executor/executor.js";
import { learntParameters } from "../nn/parameter.js";
import { abortSignal, checkOption, completeOptions } from "../options.js";
import { BestValidation } from "./best.js";
import type { Checkpoint } from "./checkpoint.js";
import { explosion } from "./divergence.js";
import { EvaluationStep, Tally } from "./evaluation.js";
import type { EndEvent, EndReason, History, TrainerEvents } from "./events.js";
import { expectAnyTarget, expectData } from "./expectData.js";
import type { Fingerprint } from "./fingerprint.js";
import { expectSameTraining, fingerprintOf, turnsOf } from "./fingerprint.js";
import { clearMoments, ModelTurn } from "./modelTurn.js";
import { OuterStep } from "./outerStep.js";
import { expectPlainSteps } from "./plainSteps.js";
import { grouped, prefetch } from "./prefetch.js";
import { Curve, Progress } from "./progress.js";
import { Ranks } from "./ranks.js";
import { hasNone } from "./reduction.js";
import { nonFiniteInARow, nonFiniteValidations, Soundness } from "./soundness.js";
import type { Wishes } from "./step.js";
import { TrainingStep } from "./step.js";
import type { Batch, SavableModel } from "./trainable.js";
import { savableModel } from "./trainable.js";
import type { CompleteTrainerOptions, TrainerOptions } from "./trainerOptions.js";
import { completeTrainerOptions } from "./trainerOptions.js";
import { TrainingFolder } from "./trainingFolder.js";
import { TrainingVariables } from "./trainingVariables.js";
import { WeightAverage } from "./weightAverage.js";

const noWishes: Wishes = { stop: false, checkpoint: false };

/** A loss that has grown more than this since the first update, or since 1, will not come back. */
const largestGrowth = 100;

/**
 * Trains a model: epochs, schedule, validation, early stopping, checkpoints. Each update is one run of one Program.
 *
 * ```ts
 * const trainer = new Trainer(model, { data, validation, epochs: 5, folder: "my-model" });
 * trainer.on("validation", ({ perplexity }) => console.log(perplexity));
 * await trainer.run({ signal });
 * ```
 *
 * With a folder, the parameters of the best validation are in model.safetensors (without validation: the newest),
 * and a stopped training resumes to the same bits as one that never stopped. At the end the model has the best parameters.
 */
export class Trainer<Form = unknown> extends EventEmitter<TrainerEvents> {
  readonly #model: SavableModel<Form>;
  readonly #options: CompleteTrainerOptions<Form>;
  readonly #ranks: Ranks;
  readonly #step: TrainingStep<Form>;
  /** Step of all ranks together, where each makes some alone. */
  readonly #outer: OuterStep | null;
  readonly #evaluation: EvaluationStep<Form>;
  readonly #soundness: Soundness<Form>;
  readonly #variables: TrainingVariables;
  readonly #average: WeightAverage;
  readonly #folder: TrainingFolder | null;
  readonly #history: Omit<History, "steps"> = { validations: [], samples: [] };
  #curve = new Curve();
  /** Updates done, epochs done, and batches done of the running epoch. */
  #at = { step: 0, epoch: 0, batch: 0, tokens: 0 };
  readonly #best: BestValidation;
  /** Parameters of the best validation, where there is no folder that has them. */
  #bestParameters: Map<string, Values> | null = null;
  #firstLoss = Number.NaN;
  #lastLoss = Number.NaN;
  #lastBatch: Batch<Form> | null = null;
  #wishes: Wishes = noWishes;
  #secondsBefore = 0;
  #fingerprint: Fingerprint = {};

  constructor(model: SavableModel<Form>, options: TrainerOptions<Form>) {
    super();
    checkOption("Trainer", "model", model, savableModel);
    this.#model = model;
    const complete = completeTrainerOptions(options);
    this.#ranks = new Ranks(complete.communicator);
    this.#options = this.#ranks.shareData(complete, model);
    const { optimizer, clipNorm, clipValue, reduction, folder } = this.#options;
    if (model.updatesItself) expectPlainSteps(this.#options, options);
    const { communicator } = this.#ranks;
    const { bucketMegabytes, compress, compressShare, localSteps } = this.#options;
    const reduced = { bucketMegabytes, compress, compressShare };
    const isLocal = communicator !== undefined && localSteps > 0;
    this.#outer = isLocal ? new OuterStep(model, { ...this.#options, communicator, reduced }) : null;
    const together = isLocal ? {} : { communicator, reduced };
    this.#step = new TrainingStep(model, { optimizer, clipNorm, clipValue, reduction, ...together });
    this.#evaluation = new EvaluationStep(model);
    const variables = () => [...this.#step.variables(), ...(this.#outer?.variables() ?? [])];
    this.#variables = new TrainingVariables(model, optimizer, { variables });
    this.#average = new WeightAverage(model, optimizer);
    this.#best = new BestValidation(this.#options.best);
    this.#soundness = new Soundness(model, () => this.#rollBack());
    this.#folder = folder === undefined || !this.#ranks.first ? null : new TrainingFolder(folder, model, this.#options);
  }

  /** The curves and samples so far. */
  get history(): History {
    return { steps: [...this.#curve.points], ...structuredClone(this.#history) };
  }

  /**
   * Trains to the end, or until `signal` fires; then the step that runs is finished and a checkpoint written.
   * With `overwrite`, the old model stays in the folder until the new one has been measured, or its first checkpoint is due.
   * @throws FileError if the folder holds a model and neither resume nor overwrite is given, if another training runs there, or if
   *   it cannot be written.
   * @throws DivergenceError if the loss or a gradient becomes NaN or infinite, if the parameters do, or if the validation loss
   *   stays so; and if the loss has exploded in the end and an old model would go for it.
   * @throws OptionError while another Trainer trains the same model, or after one has.
   */
  async run(options: { signal?: AbortSignal } = {}): Promise<EndEvent> {
    const { signal } = completeOptions("Trainer.run", options, { signal: abortSignal });
    let turn: ModelTurn | undefined;
    try {
      const own = new ModelTurn(this.#model, { trainer: this, goesOn: this.#at.step > 0 && !this.#options.resume });
      turn = own;
      const run = () => this.#run(own, signal);
      return await (this.#folder ? this.#folder.lock(run) : run());
    } catch (error) {
      await this.#ranks.abort(error, this.#at.step);
      throw error;
    } finally {
      turn?.end();
    }
  }

  async #run(turn: ModelTurn, signal: AbortSignal | undefined): Promise<EndEvent> {
    const { resume, optimizer, schedule } = this.#options;
    await expectData(this.#model, this.#options);
    if (this.#folder || !this.#ranks.alone) {
      this.#fingerprint = await fingerprintOf(this.#options, this.#totalSteps());
    }
    await this.#ranks.expectAlike({ ...this.#fingerprint, ...turnsOf(this.#options, this.#totalSteps()) }, this.#model);
    if (resume) await this.#resume(turn);
    else {
      if (this.#at.step === 0) schedule.restore({});
      const fresh = this.#at.step === 0 && !this.#folder?.resumable;
      if (await this.#ranks.fromFirst(async () => fresh && (await this.#folder?.claim()))) await this.#checkpoint(0);
      if (turn.follows) {
        await clearMoments(this.#model, optimizer);
        await this.#outer?.forget();
        await this.#step.forget();
      }
      turn.claim();
    }
    // Also those that a checkpoint does not hold, as they are not learnt.
    await this.#ranks.sendParameters(this.#model);
    await this.#outer?.begin();
    return this.#train(signal);
  }

  async #train(signal: AbortSignal | undefined): Promise<EndEvent> {
    const { data, accumulate, epochs, checkpointSeconds, samples } = this.#options;
    const progress = new Progress({ progress: this.#progress(), tokens: this.#at.tokens });
    let saved = progress.seconds;
    const checkpoint = async () => {
      await this.#checkpoint(progress.seconds);
      saved = progress.seconds;
    };
    // A training that was stopped while it validated.
    if (this.#validationDue()) await this.#validate(signal);
    const isWhole = this.#at.step === 0;
    let targets = 0;
    while (this.#at.epoch < epochs) {
      const batches = data.batches(this.#at.epoch, this.#at.batch);
      for await (const group of prefetch(grouped(batches, accumulate))) {
        const reason = this.#reasonToEnd(signal);
        if (reason) return this.#end(reason, progress);
        // Whether the first update did harm shows in the loss of the second.
        const known = () => !this.#folder?.replaces || this.#at.step > 1;
        const due = () => this.#folder?.unkept || (known() && progress.seconds - saved > checkpointSeconds);
        const wishes = () => ({ stop: signal?.aborted === true, checkpoint: this.#ranks.first && due() === true });
        targets += await this.#update(group, { progress, wishes: wishes() });
        if (this.#outer && this.#exchangeDue()) this.#wishes = await this.#outer.run(wishes());
        if (samples && this.#ranks.first && this.#at.step % samples.every === 0)
          await this.#sample(samples.write, signal);
        if (this.#validationDue()) await this.#validate(signal);
        if (this.#ranks.alone ? due() : this.#wishes.checkpoint) await checkpoint();
      }
      const reason = this.#reasonToEnd(signal);
      if (reason) return this.#end(reason, progress);
      this.#at = { ...this.#at, epoch: this.#at.epoch + 1, batch: 0 };
      if (this.#at.epoch < epochs) await checkpoint();
    }
    // An epoch of words left out at random may have none, and so may the share of a rank that learns alone.
    if (isWhole && !this.#outer) expectAnyTarget("data", targets);
    return this.#end("finished", progress);
  }

  #reasonToEnd(signal: AbortSignal | undefined): EndReason | null {
    const { patience, maximumSteps } = this.#options;
    // One rank must not end while the others go on.
    if (this.#ranks.alone ? signal?.aborted : this.#wishes.stop) return "stopped";
    if (patience > 0 && this.#best.misses >= patience) return "early";
    return this.#at.step >= maximumSteps ? "finished" : null;
  }

  /** @returns the number of targets. */
  async #update(
    group: readonly Batch<Form>[],
    { progress, wishes }: { progress: Progress; wishes: Wishes },
  ): Promise<number> {
    const { optimizer, schedule, seed, data, reduction } = this.#options;
    const { step, epoch, batch } = this.#at;
    // A sum over the steps of a window grows with it by itself.
    const rates = group.reduce((sum, { rate = 1 }) => sum + rate, 0);
    const rate = reduction === "token" ? rates / group.length : 1;
    const factor = rate * schedule.factor({ step, epoch, totalSteps: this.#totalSteps() });
    if (!Number.isFinite(factor)) {
      throw new OptionError(
        `Trainer: the schedule ${quote(schedule.name)} gives the factor ${factor} for step ${step + 1}.`,
      );
    }
    const learningRate = optimizer.learningRate * factor;
    const averageShare = this.#average.share(step + 1);
    const firstBatch = epoch * data.length + batch + 1;
    const input = { learningRate, step: step + 1, firstBatch, seed, averageShare, wishes };
    const result = this.#step.run(group, input);
    const {
      loss: measured,
      tokens,
      gradientNorm,
      ...agreed
    } = await result.catch(async (error: unknown) => {
      throw await this.#soundness.explain(error);
    });
    // An update without targets has no loss.
    const loss = tokens > 0 ? measured : this.#lastLoss;
    if (Number.isNaN(this.#firstLoss)) this.#firstLoss = loss;
    this.#lastLoss = loss;
    this.#wishes = this.#outer ? noWishes : agreed.wishes;
    this.#lastBatch = group.findLast(({ rows, form }) => !hasNone(rows, form)) ?? this.#lastBatch;
    const read = group.reduce((sum, { tokens }) => sum + tokens, this.#at.tokens);
    this.#at = { epoch, step: step + 1, batch: batch + group.length, tokens: read };
    const share = this.#progress();
    const event = {
      step: step + 1,
      epoch: epoch + this.#at.batch / data.length,
      loss,
      gradientNorm: this.#model.updatesItself ? Number.NaN : gradientNorm,
      learningRate,
      tokens: this.#at.tokens,
      progress: share,
      ...progress.advance(this.#at.tokens, share),
    };
    this.#curve.add(event, this.#secondsBefore + progress.seconds);
    this.emit("step", event);
    return tokens;
  }

  /** After some steps of each rank alone, and before all that ranks do together. */
  #exchangeDue(): boolean {
    const { localSteps, maximumSteps, data } = this.#options;
    const { step, batch } = this.#at;
    return step % localSteps === 0 || step >= maximumSteps || batch === data.length || this.#validationDue();
  }

  /** At the end of an epoch or every `validateEvery` updates, unless these parameters were measured already. */
  #validationDue(): boolean {
    const { validation, validateEvery, data } = this.#options;
    const { step, batch } = this.#at;
    if (!validation || step === 0 || this.#history.validations.at(-1)?.step === step) return false;
    return validateEvery > 0 ? step % validateEvery === 0 : batch === data.length;
  }

  /** Measures the validation loss, unless `signal` cuts it off. */
  async #validate(signal?: AbortSignal): Promise<void> {
    const { step } = this.#at;
    await this.#average.inUse(step, () => this.#measure(signal));
    if (this.#average.look(this.#history.validations)) this.emit("averaging", { step });
  }

  async #measure(signal?: AbortSignal): Promise<void> {
    const { validation, schedule } = this.#options;
    if (!validation) return;
    const tally = new Tally();
    for await (const batch of prefetch(validation.batches(0))) {
      // All ranks leave after the same batch, so that they go by a wish that all know of.
      if (this.#ranks.alone ? signal?.aborted : this.#wishes.stop) return;
      if (hasNone(batch.rows, batch.form)) tally.unknown += batch.unknown ?? 0;
      else tally.add(await this.#evaluation.run(batch), batch.unknown);
    }
    await this.#ranks.merge(tally);
    expectAnyTarget("validation data", tally.tokens);
    const measures = tally.measures(validation.characters);
    const { loss } = measures;
    const mayReplace = await this.#ranks.fromFirst(async () => this.#mayReplace(loss));
    const best = Number.isFinite(loss) && mayReplace && this.#best.isBeatenBy(measures);
    schedule.validated?.(loss);
    const measured = {
      step: this.#at.step,
      epoch: this.#at.epoch + this.#at.batch / this.#options.data.length,
      ...measures,
    };
    this.#history.validations.push({ ...measured, ...(best ? { best } : {}) });
    if (best) {
      await this.#soundness.expectFinite(this.#variables.all(this.#at.step), this.#at.step);
      if (this.#folder) await this.#saveModel(this.#folder);
      else if (this.#ranks.first) this.#bestParameters = await this.#variables.parameters();
      this.#best.take(measures);
    } else {
      this.#best.miss();
    }
    this.emit("validation", { ...measured, best });
    await this.#expectFiniteLosses(nonFiniteValidations);
  }

  /** @throws DivergenceError if the last `times` validations had losses that are not finite. */
  async #expectFiniteLosses(times: number): Promise<void> {
    const { validation } = this.#options;
    const at = { step: this.#at.step, times: nonFiniteInARow(this.#history.validations) };
    if (validation && at.times >= times) throw await this.#soundness.validationDivergence(validation, at);
  }

  /** Gives the model the newest parameters that are known to be sound. @returns a sentence that says which. */
  async #rollBack(): Promise<string> {
    this.#average.forget();
    if (this.#folder?.resumable) {
      await this.#restore(await this.#folder.readCheckpoint((step) => this.#variables.learnt(step)));
      return `The parameters are those of step ${this.#at.step}, the last checkpoint in ${this.#folder.path}.`;
    }
    if (!this.#bestParameters) return "The parameters are those after it: make the model again, or load it.";
    await this.#restoreBest();
    return `The parameters are those of the ${this.#options.best === "loss" ? "lowest validation loss" : "highest accuracy"}.`;
  }

  async #sample(write: (signal?: AbortSignal) => Promise<string>, signal: AbortSignal | undefined): Promise<void> {
    const { step, epoch, batch } = this.#at;
    const text = await this.#average
      .inUse(step, () => write(signal))
      .catch((error: unknown) => {
        if (signal?.aborted) return null;
        throw error;
      });
    if (text === null) return;
    const event = { step, epoch: epoch + batch / this.#options.data.length, loss: this.#lastLoss, text };
    this.#history.samples.push(event);
    this.emit("sample", event);
  }

  /** An old model does not go for one that has learnt nothing, or whose loss has exploded. */
  #mayReplace(loss: number): boolean {
    return !this.#folder?.replaces || loss <= largestGrowth * (1 + this.#firstLoss);
  }

  async #saveModel(folder: TrainingFolder): Promise<void> {
    await folder.saveModel();
    this.emit("checkpoint", { step: this.#at.step, folder: folder.path, kind: "best" });
  }

  /** @param seconds of this run. */
  async #checkpoint(seconds: number): Promise<void> {
    const folder = this.#folder;
    if (!folder && this.#ranks.alone) return;
    await this.#soundness.expectFinite(this.#variables.all(this.#at.step), this.#at.step);
    const tensors = await this.#ranks.join(await this.#variables.read(this.#at.step));
    if (!folder) return;
    if (!this.#best.found && !this.#mayReplace(this.#lastLoss)) return;
    // Until there is a best one, the newest parameters are the model.
    if (!this.#best.found) await this.#average.inUse(this.#at.step, () => this.#saveModel(folder));
    await folder.writeCheckpoint({
      tensors,
      position: { ...this.#at },
      misses: this.#best.misses,
      bestLoss: this.#best.found?.loss ?? null,
      schedule: this.#options.schedule.save(),
      seconds: this.#secondsBefore + seconds,
      curve: { every: this.#curve.every, points: this.#curve.points },
      validations: this.#history.validations,
      samples: this.#history.samples,
      fingerprint: this.#fingerprint,
      carried: this.#variables.carriedOf(tensors, this.#at.step).map(({ name }) => name),
    });
    this.emit("checkpoint", { step: this.#at.step, folder: folder.path, kind: "resume" });
  }

  async #resume(turn: ModelTurn): Promise<void> {
    const folder = this.#folder;
    if (!this.#options.folder) throw new OptionError("Trainer: resume needs the folder of the training to continue.");
    const checkpoint = await this.#ranks.fromFirst(async () => {
      const read = await (folder as TrainingFolder).readCheckpoint((step) => this.#variables.learnt(step));
      expectSameTraining((folder as TrainingFolder).path, read.fingerprint, this.#fingerprint);
      return read;
    });
    turn.claim();
    if (folder) await this.#model.restore(folder.path);
    await this.#restore(checkpoint);
  }

  async #restore(checkpoint: Checkpoint): Promise<void> {
    const { schedule } = this.#options;
    await this.#outer?.forget();
    await this.#step.forget();
    const own = { parameters: learntParameters(this.#model), residuals: this.#step.hasResiduals };
    await this.#variables.restore(this.#ranks.own(checkpoint.tensors, own));
    this.#at = { ...checkpoint.position };
    this.#secondsBefore = checkpoint.seconds;
    this.#curve = new Curve(checkpoint.curve.points, checkpoint.curve.every);
    this.#history.validations = checkpoint.validations;
    this.#average.look(checkpoint.validations);
    this.#history.samples = checkpoint.samples;
    schedule.restore(checkpoint.schedule);
    this.#best.restore(checkpoint);
  }

  async #end(reason: EndReason, progress: Progress): Promise<EndEvent> {
    if (reason === "finished" && this.#history.validations.at(-1)?.step !== this.#at.step) await this.#validate();
    const measured = this.#history.validations.at(-1)?.step === this.#at.step;
    if (!measured && reason !== "stopped" && this.#lastBatch) {
      await this.#soundness.expectSoundEnd(this.#lastBatch, this.#at.step);
    }
    await this.#checkpoint(progress.seconds);
    if (reason !== "stopped") {
      if (this.#folder?.replaces) {
        const last = this.#history.validations.at(-1)?.loss ?? this.#lastLoss;
        throw explosion({ step: this.#at.step, first: this.#firstLoss, last, folder: this.#folder.path });
      }
      if (!this.#best.found) await this.#expectFiniteLosses(1);
      await this.#restoreBest();
      await this.#ranks.sendParameters(this.#model);
    }
    const event: EndEvent = {
      reason,
      step: this.#at.step,
      epoch: this.#at.epoch + this.#at.batch / this.#options.data.length,
      tokens: this.#at.tokens,
      seconds: this.#secondsBefore + progress.seconds,
      saved: this.#folder !== null && !this.#folder.replaces,
      ...(this.#best.found ? { bestLoss: this.#best.found.loss } : {}),
    };
    this.emit("end", event);
    return event;
  }

  /** Leaves the model with the parameters of the best validation; without one, with the mean of its weights where there is one. */
  async #restoreBest(): Promise<void> {
    if (!this.#best.found) return this.#average.adopt(this.#at.step);
    if (this.#folder) return this.#model.restore(this.#folder.path);
    for (const [name, values] of this.#bestParameters ?? []) await this.#model.store.write(name, values);
  }

  #totalSteps(): number {
    const { maximumSteps, epochs, data, accumulate } = this.#options;
    return Math.min(maximumSteps, epochs * Math.ceil(data.length / accumulate));
  }

  #progress(): number {
    return this.#at.step / this.#totalSteps();
  }
}
