import type { Tokenizer, TokenStream } from "../../data/index.js";
import type { Executor } from "../../executor/executor.js";
import type { TrainingRecord } from "../../formats/index.js";
import type { TextModel } from "../../models/textModel/textModel.js";

/** The text that all models of a ladder learn from, in the same way. */
export interface LadderText {
  readonly tokenizer: Tokenizer;
  readonly train: TokenStream;
  readonly validation: TokenStream;
  readonly executor: Executor;
  readonly settings: LadderSettings;
}

/** Sizes that the networks of a ladder share, so that what differs is the model. */
export interface LadderSettings {
  readonly hiddenSize: number;
  readonly batchSize: number;
  readonly windowLength: number;
  readonly epochs: number;
  readonly dropout: number;
  readonly maximumSteps: number | undefined;
  readonly seed: number;
}

/** A model being made. */
export interface Climb {
  readonly text: LadderText;
  /** Models of the rungs below, by name. */
  readonly below: ReadonlyMap<string, TextModel>;
  /** Folder of the model. */
  readonly folder: string;
  /** How the ladder was called: by it, a training that was stopped is known as this one. */
  readonly record: TrainingRecord;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number, text: string) => void;
}

/** One rung of the ladder: a kind of model, and why it comes where it does. */
export interface Rung {
  /** Its name after --only, and that of its folder. */
  readonly name: string;
  readonly title: string;
  /** A sentence about what it brings that the rungs below lack. */
  readonly brings: string;
  /** A clause about what may keep it from being better than they are. Default: nothing may. */
  readonly unless?: string;
  /** Names of rungs below whose models it is made of. Default: none. */
  readonly needs?: readonly string[];
  /** Whether it can be made of such a text. Default: of all. */
  fits?(text: LadderText): boolean;
  /**
   * Makes the model, and saves it.
   * @returns the tokens that were read in training, each as often as it was read; the seconds that it took, where earlier calls have a
   *   part in them.
   */
  make(climb: Climb): Promise<{ model: TextModel; tokens: number; seconds?: number }>;
}
