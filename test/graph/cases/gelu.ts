import type { Cases } from "../case.js";
import { unary } from "../case.js";

export const cases: Cases = { gelu: unary({ scale: 5 }) };
