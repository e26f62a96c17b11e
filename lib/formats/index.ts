export type { Sink } from "./atomicFile.js";
export { writeFileAtomically } from "./atomicFile.js";
export { modelFiles } from "./configFile.js";
export type { LoadedModel, ModelContent } from "./modelFolder.js";
export { holdsModel, loadModelFolder, saveModelFolder } from "./modelFolder.js";
export type { NamedTensor, SafetensorsContent, TensorValues } from "./safetensors.js";
export { readSafetensors, writeSafetensors } from "./safetensors.js";
export type { TrainerState } from "./trainerFile.js";
export { loadTrainerHistory, loadTrainerState, saveTrainerState } from "./trainerFile.js";
