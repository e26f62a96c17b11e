import type { Cases } from "../case.js";
import { unary } from "../case.js";

// Between 0.5 and 20.5: beside its pole, where it is steep, and along its series.
export const cases: Cases = { logGamma: unary({ scale: 10, offset: 10.5 }) };
