import type { OptionsOf } from "../../options.js";
import { table } from "../../options.js";
import type { TreeNode } from "../../search/index.js";
import type { WrittenHypothesis } from "../writing.js";
import { writingRules } from "../writing.js";

/** The caption of an image. */
export interface Caption {
  /** The best hypothesis; "" where there is none. */
  text: string;
  /**
   * Best first. Their `attention` [tokens][regions], row by row of the grid, says where the model looked when it wrote each token, and the
   * end.
   */
  hypotheses: WrittenHypothesis[];
  /** The grid of regions that attention looks at. */
  grid: { rows: number; columns: number };
  /** With `tree`: all that was followed. */
  tree?: TreeNode[];
}

/** The options of whatever writes captions. */
export const captionOptions = table("caption", { ...writingRules });

/** Options of `ImageCaptioner.caption`. @interface */
export type CaptionOptions = OptionsOf<typeof captionOptions>;
