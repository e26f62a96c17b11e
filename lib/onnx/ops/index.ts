import type { Translations } from "../call.js";
import { attention } from "./attention.js";
import { elementwise } from "./elementwise.js";
import { products } from "./products.js";
import { recurrent } from "./recurrent.js";
import { scans } from "./scans.js";
import { shape } from "./shape.js";
import { steps } from "./steps.js";
import { windows } from "./windows.js";

/** The ops that can be written as nodes of ONNX, by their names in the catalogue. */
export const translations: Translations = {
  ...{ ...elementwise, ...shape, ...products, ...recurrent },
  ...{ ...attention, ...steps, ...scans, ...windows },
};
