import { OptionError, ShapeError } from "../errors.js";
import type { Operation } from "../graph/operation.js";
import { byName, operations } from "../graph/operation.js";
import type { LoopRange, Op, Value } from "../graph/program.js";
import type { OnnxBuilder, OnnxValue } from "./builder.js";
import type { Call } from "./call.js";
import { translations } from "./ops/index.js";
import type { Recording } from "./recording.js";
import { addScan } from "./scanNode.js";

/** Memory whose first axis is time, to which a loop hands a state from step to step. */
interface Carried {
  /** The state before the first step. */
  readonly first: OnnxValue;
  /** The state after the last step, once the loop has run. */
  last?: OnnxValue;
  /** The states after all steps. */
  all?: OnnxValue;
}

/** Writes the ops of a program as nodes, in their order. */
export class Translator {
  readonly #recording: Recording;
  readonly #values: Map<number, OnnxValue>;
  /** States of loops, by the value in whose memory their rows are. */
  readonly #carried = new Map<number, Carried>();

  /** @param values feeds and variables by their numbers; results are added. */
  constructor(recording: Recording, values: Map<number, OnnxValue>) {
    this.#recording = recording;
    this.#values = values;
  }

  /** @throws OptionError for an op that ONNX has no counterpart of. */
  run(builder: OnnxBuilder): void {
    const { ops, loops } = this.#recording.program;
    for (let i = 0; i < ops.length; ) {
      const number = loops.findIndex(({ begin }) => begin === i);
      const loop = loops[number];
      if (loop) this.#loop(builder, loop, number);
      else this.#op(builder, i);
      i = loop ? loop.end : i + 1;
    }
  }

  /** A value that ops after those so far may read. */
  value(id: number): OnnxValue {
    const known = this.#values.get(id);
    if (known) return known;
    const { shape, storage } = this.#recording.program.values[id] as Value;
    const carried = storage.kind === "rows" ? this.#carried.get(storage.of) : undefined;
    const stack = storage.kind === "rows" ? this.#recording.program.values[storage.of] : undefined;
    const found = shape.length === stack?.shape.length ? carried?.all : carried?.last;
    if (!found) throw new ShapeError(`ONNX: value ${id} of the program is none that a node has made.`);
    return found;
  }

  #op(builder: OnnxBuilder, i: number): void {
    const op = this.#recording.program.ops[i] as Op;
    const translation = translations[op.name];
    if (!translation) {
      const where = op.path === "" ? "" : ` of ${op.path}`;
      throw new OptionError(`ONNX: the op ${op.name}${where} has no counterpart in ONNX, and this model needs it.`);
    }
    const operation = operations().get(op.name) as Operation;
    builder.within(op.path);
    for (const result of op.results) {
      const value = this.#recording.value(result, builder.fresh(op.name));
      this.#values.set(result, value);
      const { storage } = this.#recording.program.values[result] as Value;
      // The first row of a state's memory is put there before the loop.
      if (storage.kind === "rows" && !storage.moves && !operation.view) this.#carried.set(storage.of, { first: value });
    }
    translation(this.#call(builder, i, operation));
  }

  #call(builder: OnnxBuilder, i: number, operation: Operation): Call {
    const op = this.#recording.program.ops[i] as Op;
    const operands = byName(
      operation.operands,
      op.operands.map((id) => (id === null ? null : this.value(id))),
    );
    const results = byName(
      operation.results,
      op.results.map((id) => this.value(id)),
    );
    const dimension = (name: string) => this.#recording.attribute(i, (operation.attributes ?? []).indexOf(name));
    return {
      builder,
      operand: (name) => operands[name] as OnnxValue,
      optional: (name) => operands[name] as OnnxValue | null,
      several: (name) => operands[name] as readonly OnnxValue[],
      result: (name) => results[name] as OnnxValue,
      number(name) {
        const found = dimension(name);
        if (typeof found === "number") return found;
        throw new ShapeError(`ONNX: ${name} of ${op.name} depends on the sizes of what it reads.`);
      },
      dimension,
    };
  }

  /** A loop as a Scan: its states, the rows that steps read, and those that they write. */
  #loop(builder: OnnxBuilder, { begin, end, reverse }: LoopRange, number: number): void {
    const { ops, values } = this.#recording.program;
    const body = ops.slice(begin, end);
    const rowsOf = (ids: readonly (number | null)[]) =>
      ids.flatMap((id) => {
        const storage = id === null ? undefined : values[id]?.storage;
        return id !== null && storage?.kind === "rows" && storage.moves ? [{ id, stack: storage.of }] : [];
      });
    const written = rowsOf(body.flatMap((op) => (operations().get(op.name)?.view ? [] : op.results)));
    const made = new Set(body.flatMap(({ results }) => results));
    const read = [...new Map(rowsOf(body.flatMap(({ operands }) => operands)).map((row) => [row.id, row])).values()];
    const given = read.filter(({ id }) => !made.has(id));
    const states = [...new Set(written.map(({ stack }) => stack))].filter((stack) => this.#carried.has(stack));
    const inputs = given.filter(({ stack }) => !states.includes(stack));
    const outputs = written.filter(({ stack }) => !states.includes(stack));
    const form = (id: number) => this.#recording.value(id, "");
    const formOf = (stack: number) => {
      const { type, shape } = form(stack);
      return { type, shape: shape.slice(1) };
    };
    const steps = inputs.length === 0 ? [builder.range(this.#recording.steps(number))] : [];
    const { last, stacked } = addScan(builder, {
      reverse,
      states: states.map((stack) => ({ ...formOf(stack), first: (this.#carried.get(stack) as Carried).first.name })),
      rows: [
        ...inputs.map(({ id, stack }) => ({ ...form(id), of: this.value(stack).name })),
        // A Scan has to read something.
        ...steps.map((of) => ({ type: "i32" as const, shape: [], of })),
      ],
      step: (inner, before, rows) => {
        for (const { id, stack } of given) {
          const state = states.indexOf(stack);
          const name = state >= 0 ? before[state] : rows[inputs.findIndex((row) => row.id === id)];
          this.#values.set(id, { ...form(id), name: name as string });
        }
        for (let i = begin; i < end; i++) this.#op(inner, i);
        const after = states.map((stack) => {
          const { id } = written.find((row) => row.stack === stack) as { id: number };
          return this.value(id).name;
        });
        const shown = outputs.map(({ id }) => ({ ...form(id), name: this.value(id).name }));
        const kept = states.map((stack, k) => ({ ...formOf(stack), name: after[k] as string }));
        return { states: after, outputs: [...shown, ...kept] };
      },
    });
    for (const [k, { stack }] of outputs.entries()) {
      this.#values.set(stack, { ...form(stack), name: stacked[k] as string });
    }
    for (const [k, stack] of states.entries()) {
      const { type, shape } = formOf(stack);
      const carried = this.#carried.get(stack) as Carried;
      carried.last = { type, shape, name: last[k] as string };
      const all = { type, shape: [this.#recording.steps(number), ...shape] };
      carried.all = { ...all, name: stacked[outputs.length + k] as string };
    }
  }
}
