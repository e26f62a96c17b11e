import type { OnnxBuilder, OnnxValue } from "./builder.js";
import type { Dimension } from "./dimension.js";

/** An op of a program that is written as nodes of ONNX: its operands, results and attributes by the names of the catalogue. */
export interface Call {
  readonly builder: OnnxBuilder;
  operand(name: string): OnnxValue;
  /** null where it is absent. */
  optional(name: string): OnnxValue | null;
  /** Operands that stand under one name. */
  several(name: string): readonly OnnxValue[];
  /** The result, whose name the last node has to give. */
  result(name: string): OnnxValue;
  /** An attribute that is a number. */
  number(name: string): number;
  /** An attribute that may depend on sizes. */
  dimension(name: string): Dimension;
}

/** Writes an op. */
export type Translation = (call: Call) => void;

export type Translations = Readonly<Record<string, Translation>>;
