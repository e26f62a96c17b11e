export type { FrameBaseline } from "./baselines.js";
export type { FrameDataOptions, FrameTaggerForm } from "./data.js";
export { FrameData } from "./data.js";
export type { FrameEvaluation, FrameTaggerOptions, FrameTagging, FrameTagOptions } from "./frameTagger.js";
export { FrameTagger } from "./frameTagger.js";
export type { FrameTaggerConfig } from "./network.js";
export { FrameTaggerNetwork } from "./network.js";
