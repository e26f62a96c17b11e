export type { StepFunction, StepResult } from "./beamSearch.js";
export { beamSearch } from "./beamSearch.js";
export type { BeamSearchOptions, ForcedToken } from "./beamSearchOptions.js";
export type { Hypothesis, SearchResult, TreeNode } from "./hypothesis.js";
export type { SamplingOptions } from "./sampling.js";
export type { SearchStep, SearchStepOptions } from "./searchStep.js";
export { searchStep } from "./searchStep.js";
export type { TokenAutomaton } from "./tokenAutomaton.js";
