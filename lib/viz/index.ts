export type { ActivationLayer, ActivationTrace, RankedUnit, TextFeature } from "./activations.js";
export { featureOf, featureTitles, rankFeatures, rankUnits, textFeatures, unitValues } from "./activations.js";
export type { ReportData, ReportHistory } from "./report.js";
export { renderReport } from "./report.js";
export type { ColourDepth } from "./terminal.js";
export { blockChart, colourText, legend, widthOf } from "./terminal.js";
