export type { MixtureComparison, MixtureFit, MixtureFitOptions, MixtureOptions } from "./mixture.js";
export { Mixture } from "./mixture.js";
export type { MixtureConfig, MixtureNetwork } from "./network.js";
