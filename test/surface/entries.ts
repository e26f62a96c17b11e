import { dataRows } from "./data.js";
import { executorRows } from "./executors.js";
import { layerRows } from "./layers.js";
import { modelRows } from "./models.js";
import { operationRows } from "./operations.js";
import { pictureRows } from "./pictures.js";
import type { Entry } from "./row.js";
import { textModelRows } from "./textModels.js";

/** Public functions, with arguments that fit. */
export const entries: Record<string, Entry> = {
  ...operationRows,
  ...layerRows,
  ...executorRows,
  ...dataRows,
  ...modelRows,
  ...textModelRows,
  ...pictureRows,
};
