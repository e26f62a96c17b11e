import type { Cases } from "../case.js";
import { unary } from "../case.js";

export const cases: Cases = { softplus: unary({ scale: 5 }) };
