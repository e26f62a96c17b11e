import type { SavedModel } from "../../models/savedModel.js";
import { modelFrom } from "../executor.js";
import { printer } from "../print.js";
import type { Ability } from "../verbs.js";
import type { ExportOptions } from "./exportVerb.js";
import { exportVerb } from "./exportVerb.js";

/** A model as graphs of ONNX. */
export const exportOnnx: Ability = {
  verb: exportVerb,
  run: async (folder: string, out: string, options: ExportOptions) => {
    const print = printer(options);
    const model = await modelFrom<SavedModel>(folder, options);
    const graphs = await model.exportOnnx(out);
    print.object({ folder: out, graphs });
    for (const { file, inputs, outputs } of graphs) {
      print.line(`${file}: ${inputs.map(portText).join(", ")} -> ${outputs.map(portText).join(", ")}`);
    }
  },
};

function portText({ name, type, shape }: { name: string; type: string; shape: readonly (number | string)[] }): string {
  return `${name} ${type}[${shape.join(",")}]`;
}
