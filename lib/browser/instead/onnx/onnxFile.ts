import { absentError } from "../../absent.js";

/** In place of the writer of ONNX, which a page has no use for. @throws OstinatoError ERR_OSTINATO_BROWSER. */
export const writeOnnx: typeof import("../../../onnx/onnxFile.js").writeOnnx = async () => {
  throw absentError("ONNX is not written", "Load the model's folder in Node and call exportOnnx there.");
};
