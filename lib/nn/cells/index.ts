/** The cells that come with the library: one line each. */
export { gru } from "./gru.js";
export { indRnn } from "./indRnn.js";
export { layerNormLstm } from "./layerNormLstm.js";
export { lstm } from "./lstm.js";
export { minGru } from "./minGru.js";
export { minLstm } from "./minLstm.js";
export { peepholeLstm } from "./peepholeLstm.js";
export { rnn } from "./rnn.js";
