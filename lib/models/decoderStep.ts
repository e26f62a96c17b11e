import type { Executable, Executor, Feeds, Store, Values } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import type { Graph } from "../graph/graph.js";
import type { Program } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { Memory } from "../nn/attention.js";
import type { State, StepEntry } from "../nn/stateEntry.js";
import type { SearchStep } from "../search/index.js";
import { firstState } from "./firstState.js";

/** The results of an encoder, recorded once for all steps of a decoder. */
export interface Encoded {
  /** The encoder's states, or the regions of an image: attention reads them. */
  memory: Memory | null;
  /** [B,M], a vector of everything that was read; null where no step reads one. */
  summary: Tensor | null;
  /** The decoder's first state, but for what it keeps of the tokens that it has read. */
  state: State;
  /** Keys and values of the source for each block of a Transformer, from the lowest up: [S,B,2F]; null for other decoders. */
  blocks: { readonly memories: readonly Tensor[]; readonly lengths: Tensor | null } | null;
}

/** A decoder: the same step for every token of a text. */
export interface Decoder {
  /** Entries of the state that hold what the last `length` tokens left. Default: none. */
  caches?(length: number): readonly StepEntry[];

  /**
   * @param tokens i32 [N]: N is B, or a multiple of it where several hypotheses share what was read.
   * @returns logits [N,V], the state after, and the weights of attention [N,S] or null.
   */
  step(tokens: Tensor, state: State, encoded: Encoded): { logits: Tensor; state: State; weights: Tensor | null };
}

/** Things that an encoder is to read side by side. */
export interface Reading {
  /** Tells programs of different sizes apart. */
  readonly key: string;
  readonly B: number;
  record(graph: Graph): Encoded;
  readonly feeds: Feeds;
  /** i32 [B] number of positions of the memory that exist, where they are not as many for all; a feed of that name. */
  readonly lengths?: Int32Array;
}

/** Things that an encoder has read. */
export interface Read {
  readonly key: string;
  readonly B: number;
  readonly program: Program;
  /** Results that the decoder's step reads, by the name of its feed: memory, lengths, summary, first state. */
  readonly parts: Readonly<Record<string, Values>>;
}

const lengthsName = "lengths";
const tokensName = "tokens";
const blockPrefix = "block.";
/** Stands before the names of states in feeds and outputs. */
export const statePrefix = "state.";

/** A trained encoder and decoder in use: a program that reads, and one that is a step of the decoder. */
export class DecoderStep {
  readonly #decoder: Decoder;
  readonly #programs: Programs;

  constructor(decoder: Decoder, model: { executor: Executor; store: Store }) {
    this.#decoder = decoder;
    this.#programs = new Programs(model);
  }

  /** Runs the encoder. */
  async read({ key, B, record, feeds, lengths }: Reading): Promise<Read> {
    const executable = this.#programs.get(`read ${key}`, (graph) => {
      outputEncoded(graph, record(graph));
    });
    const { outputs } = await executable.run(feeds);
    const { program } = executable;
    return { key, B, program, parts: lengths ? { ...outputs, [lengthsName]: lengths } : outputs };
  }

  /**
   * The decoder's step over `beams` hypotheses for each of the things that were read, and what it begins with.
   * @param length most tokens that the step will read, for decoders that keep something of each.
   * @throws OptionError where memory cannot hold what they keep.
   */
  step(read: Read, beams: number, length: number): { step: SearchStep; feeds: Record<string, Values> } {
    const { B, parts } = read;
    const caches = this.#decoder.caches?.(length) ?? [];
    const executable = this.#stepProgram(read, { beams, length, caches });
    const { feeds, outputs } = executable.program;
    const states = feeds.map(({ name }) => name).filter((name) => name.startsWith(statePrefix));
    const attends = outputs.some(({ name }) => name === "attention");
    const empty = firstState(
      caches.map((entry) => ({ ...entry, name: statePrefix + entry.name })),
      B * beams,
    );
    const first = (name: string): Values => {
      const part = parts[name] as Values;
      return empty[name] ?? (name.startsWith(statePrefix) ? repeatRows(part, B, beams) : part);
    };
    return {
      step: {
        executable,
        tokens: tokensName,
        logits: "logits",
        ...(attends ? { attention: "attention" } : {}),
        ...linksOf(states, caches),
      },
      feeds: Object.fromEntries(feeds.filter(({ name }) => name !== tokensName).map(({ name }) => [name, first(name)])),
    };
  }

  #stepProgram(
    { key, B, program, parts }: Read,
    { beams, length, caches }: { beams: number; length: number; caches: readonly StepEntry[] },
  ): Executable {
    const N = B * beams;
    const kept = caches.length > 0 ? ` ${length}` : "";
    return this.#programs.get(`step ${key} ${beams}${kept}`, (graph) => {
      const { outputs, values } = program;
      const feeds = outputs.map(({ name, value }): [string, Tensor] => {
        const { shape } = values[value] as (typeof values)[number];
        return [name, graph.feed(name, "f32", name.startsWith(statePrefix) ? [N, ...shape.slice(1)] : shape)];
      });
      for (const { name, size, dtype = "f32" } of caches) {
        feeds.push([statePrefix + name, graph.feed(statePrefix + name, dtype, [N, size])]);
      }
      const reads = ({ name }: { name: string }) => name === "values" || name.startsWith(blockPrefix);
      const masked = lengthsName in parts && outputs.some(reads);
      const lengths = masked ? graph.feed(lengthsName, "i32", [B]) : null;
      const encoded = encodedOf(Object.fromEntries(feeds), lengths);
      const next = this.#decoder.step(graph.feed(tokensName, "i32", [N]), encoded.state, encoded);
      graph.output("logits", next.logits);
      if (next.weights) graph.output("attention", next.weights);
      for (const [name, tensor] of Object.entries(next.state)) graph.output(`next.${statePrefix}${name}`, tensor);
    });
  }
}

/** Makes the encoder's results outputs of its program. */
export function outputEncoded(graph: Graph, { memory, summary, state, blocks }: Encoded): void {
  if (memory) graph.output("values", memory.values);
  if (memory && memory.keys !== memory.values) graph.output("keys", memory.keys);
  if (summary) graph.output("summary", summary);
  for (const [i, keysAndValues] of (blocks?.memories ?? []).entries()) graph.output(blockPrefix + i, keysAndValues);
  for (const [name, tensor] of Object.entries(state)) graph.output(statePrefix + name, tensor);
}

/** The encoder's results, as feeds of another program. */
export function encodedOf(feeds: Readonly<Record<string, Tensor>>, lengths: Tensor | null): Encoded {
  const { keys, values, summary = null } = feeds;
  const named = (prefix: string) => Object.entries(feeds).filter(([name]) => name.startsWith(prefix));
  const memories = named(blockPrefix).map(([, tensor]) => tensor);
  return {
    memory: values ? { keys: keys ?? values, values, lengths } : null,
    summary,
    state: Object.fromEntries(named(statePrefix).map(([name, tensor]) => [name.slice(statePrefix.length), tensor])),
    blocks: memories.length > 0 ? { memories, lengths } : null,
  };
}

/** Which outputs become the states of the next step, and whether their rows follow the hypotheses. */
function linksOf(states: readonly string[], caches: readonly StepEntry[]): Pick<SearchStep, "carry" | "kept"> {
  const staying = new Set(caches.filter(({ stays }) => stays).map(({ name }) => statePrefix + name));
  const links = (own: readonly string[]) => Object.fromEntries(own.map((name) => [name, `next.${name}`]));
  return {
    carry: links(states.filter((name) => !staying.has(name))),
    kept: links(states.filter((name) => staying.has(name))),
  };
}

/** [B,...] -> [B·times,...], each row `times` times. */
function repeatRows(values: Values, B: number, times: number): Values {
  const width = values.length / B;
  const repeated = new (values.constructor as Float32ArrayConstructor)(values.length * times);
  for (let b = 0; b < B; b++) {
    const row = values.subarray(b * width, (b + 1) * width) as Float32Array;
    for (let k = 0; k < times; k++) repeated.set(row, (b * times + k) * width);
  }
  return repeated;
}
