/** The files of a model folder. */
export const modelFiles = {
  config: "config.json",
  tensors: "model.safetensors",
  vocabulary: "vocabulary.json",
  tokenizer: "tokenizer.json",
  trainer: "trainer.safetensors",
  history: "trainer.json",
  training: "training.json",
} as const;
