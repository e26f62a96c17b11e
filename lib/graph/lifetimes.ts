import { ShapeError } from "../errors.js";
import type { Node } from "./graph.js";
import type { Loop, Place } from "./loops.js";
import { positionsOf, slotOf } from "./operation.js";
import type { LoopRange, Op, Port, Program, Storage, Value, VariableSpec } from "./program.js";
import type { Tensor } from "./tensor.js";

interface Recorded {
  readonly tensors: readonly Tensor[];
  readonly nodes: readonly Node[];
  readonly feeds: readonly Port[];
  readonly outputs: readonly Port[];
  readonly variables: readonly VariableSpec[];
  /** Variable name by tensor id. */
  readonly variableOf: ReadonlyMap<number, string>;
  /** By tensor id: where those tensors lie that are in the memory of a stack. */
  readonly places: ReadonlyMap<number, Place>;
  /** By tensor id: the loop in one step of which a tensor exists. */
  readonly homes: ReadonlyMap<number, Loop>;
}

interface Lifetime {
  first: number;
  last: number;
}

/**
 * Turns recorded nodes into a Program that says how long each temporary value is needed.
 *
 * A value lives from the op that writes it to the last op that reads it; what a loop meets of the world outside, as long as
 * the loop.
 */
export function planLifetimes(recorded: Recorded): Program {
  const views = viewsOf(recorded.nodes);
  const owner = ownersOf(views, recorded.places);
  const loops = loopsOf(recorded.nodes);
  expectLastUses(recorded, { owner, views });
  expectReaders(recorded);
  const skipped = skippedResults(recorded);
  const lifetimes = lifetimesOf(recorded, { owner, loops, skipped });

  const ids = new Map<number, number>();
  const values: Value[] = [];
  const idOf = (tensor: Tensor, storage?: Storage): number => {
    const known = ids.get(tensor.id);
    if (known !== undefined) return known;
    const { dtype, shape, name } = tensor;
    const where = storage ?? storageOf(tensor);
    const id = values.length;
    ids.set(tensor.id, id);
    values.push({ id, dtype, shape, name, storage: where });
    return id;
  };
  const storageOf = (tensor: Tensor): Storage => {
    let place: Place | undefined;
    for (let at: Tensor | undefined = tensor; at && !place; at = views.get(at.id)) place = recorded.places.get(at.id);
    if (place) return { kind: "rows", of: idOf(place.stack), index: place.index, moves: recorded.homes.has(tensor.id) };
    const root = owner.get(tensor.id) ?? tensor.id;
    const variable = recorded.variableOf.get(root);
    if (variable !== undefined) return { kind: "variable", name: variable };
    if (root !== tensor.id) return { kind: "view", of: idOf(recorded.tensors[root] as Tensor) };
    const lifetime = lifetimes.get(root);
    if (!lifetime) throw new Error(`no lifetime was planned for ${tensor}`);
    return { kind: "arena", ...lifetime };
  };

  const byId = (port: Port): Port => ({ name: port.name, value: idOf(recorded.tensors[port.value] as Tensor) });
  const feeds = recorded.feeds.map(byId);
  const ops: Op[] = recorded.nodes.map((node) => ({
    name: node.operation.name,
    operands: node.operands.map((operand) => (operand ? idOf(operand) : null)),
    results: node.results.map((result) => idOf(result, skipped.has(result.id) ? { kind: "none" } : undefined)),
    attributes: node.attributes,
    path: node.path,
  }));
  const outputs = recorded.outputs.map(byId);
  return { values, ops, loops, feeds, outputs, variables: recorded.variables };
}

/** By tensor id, what a tensor is a view of: the same memory under another shape. */
function viewsOf(nodes: readonly Node[]): Map<number, Tensor> {
  const views = nodes.filter(({ operation }) => operation.view);
  return new Map(views.map(({ operands, results }) => [(results[0] as Tensor).id, operands[0] as Tensor]));
}

/** For each view and each tensor in a stack, the tensor whose memory it shows. */
function ownersOf(views: ReadonlyMap<number, Tensor>, places: ReadonlyMap<number, Place>): Map<number, number> {
  const rootOf = (id: number): number => {
    const next = views.get(id) ?? places.get(id)?.stack;
    return next ? rootOf(next.id) : id;
  };
  return new Map([...views.keys(), ...places.keys()].map((id) => [id, rootOf(id)]));
}

/** The ops that follow each other in the same loop. */
function loopsOf(nodes: readonly Node[]): LoopRange[] {
  const ranges: LoopRange[] = [];
  for (let begin = 0; begin < nodes.length; ) {
    const { loop } = nodes[begin] as Node;
    let end = begin + 1;
    while (end < nodes.length && nodes[end]?.loop === loop) end++;
    if (loop) ranges.push({ begin, end, steps: loop.steps, reverse: loop.reverse });
    begin = end;
  }
  return ranges;
}

/** Whether every value that an op may overwrite has its last use there. */
function expectLastUses(
  { nodes, outputs, tensors, variableOf }: Recorded,
  { owner, views }: { owner: ReadonlyMap<number, number>; views: ReadonlyMap<number, Tensor> },
): void {
  const rootOf = (id: number) => owner.get(id) ?? id;
  const consumer = new Map<number, Node>();
  /** Whether a tensor shows what an op has made of the memory that it used up. */
  const isOfResult = (id: number, { operation, results }: Node): boolean => {
    if (!operation.view) return false;
    const viewed = views.get(id);
    return id === results[0]?.id || (viewed !== undefined && isOfResult(viewed.id, { operation, results } as Node));
  };
  const expectWhole = (id: number, reader: string) => {
    const by = consumer.get(rootOf(id));
    if (!by || isOfResult(id, by)) return;
    throw new ShapeError(
      `Graph: ${reader} needs ${tensors[id]}, which ${by.operation.name} uses up. Differentiate a loss once, with ` +
        "respect to everything that is wanted; for another loss, compute it from new ops.",
    );
  };
  for (const node of nodes) {
    for (const operand of node.operands) if (operand) expectWhole(operand.id, node.operation.name);
    for (const i of positionsOf(node.operation, node.operation.consumes)) {
      const operand = node.operands[i];
      if (!operand) continue;
      const root = rootOf(operand.id);
      if (variableOf.has(root)) throw new ShapeError(`Graph: ${node.operation.name} would use up variable ${operand}.`);
      consumer.set(root, node);
    }
  }
  for (const { name, value } of outputs) expectWhole(value, `output ${JSON.stringify(name)}`);
}

/** Whether results that one op alone may read are read by no other. */
function expectReaders({ nodes, outputs, tensors }: Recorded): void {
  const makers = new Map<number, Node>();
  const expectReader = (id: number, reader: string, text = reader) => {
    const { name, readBy } = makers.get(id)?.operation ?? {};
    if (readBy === undefined || readBy === reader) return;
    throw new ShapeError(`Graph: ${text} cannot read ${tensors[id]}: what ${name} makes is for ${readBy} alone.`);
  };
  for (const node of nodes) {
    for (const operand of node.operands) if (operand) expectReader(operand.id, node.operation.name);
    if (node.operation.readBy) for (const { id } of node.results) makers.set(id, node);
  }
  for (const { name, value } of outputs) expectReader(value, "", `output ${JSON.stringify(name)}`);
}

/** Ids of the optional results that nobody reads: they get no memory. */
function skippedResults({ nodes, outputs, places }: Recorded): Set<number> {
  const read = new Set(outputs.map(({ value }) => value));
  for (const node of nodes) for (const operand of node.operands) if (operand) read.add(operand.id);
  const skipped = new Set<number>();
  for (const { operation, results } of nodes) {
    for (const [i, entry] of operation.results.entries()) {
      const result = results[i] as Tensor;
      if (slotOf(entry).optional && !read.has(result.id) && !places.has(result.id)) skipped.add(result.id);
    }
  }
  return skipped;
}

function lifetimesOf(
  recorded: Recorded,
  {
    owner,
    loops,
    skipped,
  }: { owner: ReadonlyMap<number, number>; loops: readonly LoopRange[]; skipped: ReadonlySet<number> },
): Map<number, Lifetime> {
  const lifetimes = new Map<number, Lifetime>();
  // A value that begins in a loop and never leaves it lives within one step.
  const makers = new Map(recorded.nodes.flatMap(({ results }, time) => results.map(({ id }) => [id, time] as const)));
  const loopAt = (time: number) => loops.find(({ begin, end }) => begin <= time && time < end);
  const touch = (tensor: Tensor, time: number) => {
    const root = recorded.tensors[owner.get(tensor.id) ?? tensor.id] as Tensor;
    if (recorded.variableOf.has(root.id)) return;
    const known = lifetimes.get(root.id);
    if (known) {
      known.first = Math.min(known.first, time);
      known.last = Math.max(known.last, time);
    } else {
      lifetimes.set(root.id, { first: time, last: time });
    }
  };
  // All feeds are written before the first op, so they live together from the start even if they are read late; and to the end, so
  // that a program that is run again need not be fed again.
  for (const { value } of recorded.feeds) {
    touch(recorded.tensors[value] as Tensor, -1);
    touch(recorded.tensors[value] as Tensor, recorded.nodes.length);
  }
  recorded.nodes.forEach((node, time) => {
    const loop = loopAt(time);
    for (const tensor of [...node.operands, ...node.results]) {
      if (!tensor || skipped.has(tensor.id)) continue;
      touch(tensor, time);
      const madeAt = makers.get(owner.get(tensor.id) ?? tensor.id);
      if (!loop || (madeAt !== undefined && loopAt(madeAt) === loop)) continue;
      touch(tensor, loop.begin);
      touch(tensor, loop.end - 1);
    }
  });
  for (const { value } of recorded.outputs) touch(recorded.tensors[value] as Tensor, recorded.nodes.length);
  return lifetimes;
}
