import { FileError, quote } from "../errors.js";
import { modelIn } from "../formats/index.js";
import { completeOptions } from "../options.js";
import * as faces from "./kinds.js";
import { kindNamed, kindNames, registerKind } from "./kindTable.js";
import type { ModelKind } from "./modelKind.js";
import type { LoadOptions, SavedModel } from "./savedModel.js";
import { loadModelOf, loadRules } from "./savedModel.js";

for (const face of Object.values(faces)) if ("kind" in face) registerKind(face.kind);

/**
 * The kind of the model in a folder.
 * @throws FileError if there is no model, or one of a kind that is not known.
 */
export async function kindIn(folder: string): Promise<ModelKind> {
  const name = await modelIn(folder);
  const kind = kindNamed(name);
  if (kind) return kind;
  throw new FileError(
    `${folder} holds a ${quote(name)}, and the kinds of models known here are ${kindNames().join(", ")}. ` +
      "Update Ostinato, or make the kind known (registerKind).",
  );
}

/**
 * The model in a folder, of whatever kind: a LanguageModel, a Seq2Seq, or one that registerKind has made known.
 *
 * ```ts
 * const model = await loadModel("my-model");
 * if (model instanceof LanguageModel) console.log(await model.evaluate(text));
 * ```
 * @throws FileError if a file is missing, truncated or altered, or the kind is not known.
 */
export async function loadModel(folder: string, options: LoadOptions = {}): Promise<SavedModel> {
  completeOptions("loadModel", options, loadRules);
  return loadModelOf(await kindIn(folder), folder, options);
}
