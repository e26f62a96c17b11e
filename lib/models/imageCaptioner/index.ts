export type { CaptionDataOptions, CaptionedImage, ImageCaptionerForm } from "./captionData.js";
export { CaptionData } from "./captionData.js";
export type { Caption, CaptionOptions } from "./captioning.js";
export type { ImageCaptionerConfig } from "./config.js";
export type { GridShape } from "./grid.js";
export type {
  CaptionEvaluation,
  CaptionScoreOptions,
  CaptionScores,
  ImageCaptionerOptions,
} from "./imageCaptioner.js";
export { ImageCaptioner } from "./imageCaptioner.js";
export type { ImageSetOptions } from "./imageSet.js";
export { ImageSet } from "./imageSet.js";
export { ImageCaptionerNetwork } from "./network.js";
