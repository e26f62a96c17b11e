import { BytePairs } from "./bytePairs.js";
import type { Component } from "./component.js";
import type { SubwordModel } from "./subwordModel.js";
import { Unigram } from "./unigram.js";
import { WordLevel } from "./wordLevel.js";
import { WordPiece } from "./wordPiece.js";

const models = { BPE: BytePairs, WordPiece, WordLevel, Unigram };

/** @throws InputError if the model is of another type or has a setting that does not fit. */
export function readModel(model: Component): SubwordModel {
  const type = model.has("type") ? model.type : typeWithoutName(model);
  const types = Object.keys(models) as (keyof typeof models)[];
  const known = types.find((name) => name === type);
  if (!known) throw model.unknownType(types);
  return new models[known](model);
}

/** Files of the first years name no type; their settings tell. */
function typeWithoutName(model: Component): string {
  if (model.has("merges")) return "BPE";
  if (model.has("max_input_chars_per_word")) return "WordPiece";
  return model.has("unk_token") ? "WordLevel" : "Unigram";
}
