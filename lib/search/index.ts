export type { BeamSearchOptions, Hypothesis, StepFunction, StepResult, TreeNode } from "./beamSearch.js";
export { beamSearch } from "./beamSearch.js";
