import type { Executable, Executor, Store, Values } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import type { Graph } from "../../graph/graph.js";
import type { Tensor } from "../../graph/tensor.js";
import type { SearchStep } from "../../search/index.js";
import { sideBySide } from "../sideBySide.js";
import type { Encoded, Seq2SeqNetwork } from "./network.js";

/** Sources that were read, side by side. */
export interface ReadSources {
  S: number;
  B: number;
  /** Results that the decoder's step reads, by the name of its feed: memory, lengths, summary, first state. */
  parts: Readonly<Record<string, Values>>;
}

const lengthsName = "lengths";
const tokensName = "tokens";
const statePrefix = "state.";

/** A trained encoder-decoder in use: a program that reads sources, and one that is a step of the decoder. */
export class TranslationStep {
  readonly #model: { network: Seq2SeqNetwork; executor: Executor; store: Store };
  readonly #programs: Programs;

  constructor(model: { network: Seq2SeqNetwork; executor: Executor; store: Store }) {
    this.#model = model;
    this.#programs = new Programs(model);
  }

  /** Reads sources of at least one token each. */
  async read(sources: readonly Int32Array[]): Promise<ReadSources> {
    const { T: S, B, ids, lengths } = sideBySide(sources);
    const { outputs } = await this.#reader(S, B).run({ source: ids, [lengthsName]: lengths });
    return { S, B, parts: { ...outputs, [lengthsName]: lengths } };
  }

  /** The decoder's step over `beams` hypotheses for each of the sources, and what it begins with. */
  step({ S, B, parts }: ReadSources, beams: number): { step: SearchStep; feeds: Record<string, Values> } {
    const N = B * beams;
    const executable = this.#programs.get(`step ${S} ${B} ${beams}`, (graph) => {
      const { outputs, values } = this.#reader(S, B).program;
      const feeds = outputs.map(({ name, value }): [string, Tensor] => {
        const { shape } = values[value] as (typeof values)[number];
        return [name, graph.feed(name, "f32", name.startsWith(statePrefix) ? [N, ...shape.slice(1)] : shape)];
      });
      const encoded = encodedOf(Object.fromEntries(feeds), graph, B);
      const { logits, state, weights } = this.#model.network.step(
        graph.feed(tokensName, "i32", [N]),
        encoded.state,
        encoded,
      );
      graph.output("logits", logits);
      if (weights) graph.output("attention", weights);
      for (const [name, tensor] of Object.entries(state)) graph.output(`next.${statePrefix}${name}`, tensor);
    });
    const { feeds, outputs } = executable.program;
    const states = feeds.map(({ name }) => name).filter((name) => name.startsWith(statePrefix));
    const attends = outputs.some(({ name }) => name === "attention");
    const others = feeds.filter(({ name }) => name !== tokensName);
    return {
      step: {
        executable,
        tokens: tokensName,
        logits: "logits",
        ...(attends ? { attention: "attention" } : {}),
        carry: Object.fromEntries(states.map((name) => [name, `next.${name}`])),
      },
      feeds: Object.fromEntries(
        others.map(({ name }) => {
          const part = parts[name] as Values;
          return [name, name.startsWith(statePrefix) ? repeatRows(part, B, beams) : part];
        }),
      ),
    };
  }

  /** A program from sources to what a step reads of them: an output for each feed of the step. */
  #reader(S: number, B: number): Executable {
    return this.#programs.get(`read ${S} ${B}`, (graph) => {
      const source = graph.feed("source", "i32", [S, B]);
      const { memory, summary, state } = this.#model.network.encode(source, graph.feed(lengthsName, "i32", [B]));
      if (memory) graph.output("values", memory.values);
      if (memory && memory.keys !== memory.values) graph.output("keys", memory.keys);
      graph.output("summary", summary);
      for (const [name, tensor] of Object.entries(state)) graph.output(statePrefix + name, tensor);
    });
  }
}

/** The encoder's results, as feeds of another program. */
function encodedOf(feeds: Readonly<Record<string, Tensor>>, graph: Graph, B: number): Encoded {
  const { keys, values, summary } = feeds;
  const memory = values ? { keys: keys ?? values, values, lengths: graph.feed(lengthsName, "i32", [B]) } : null;
  const states = Object.entries(feeds).filter(([name]) => name.startsWith(statePrefix));
  const state = Object.fromEntries(states.map(([name, tensor]) => [name.slice(statePrefix.length), tensor]));
  return { memory, summary: summary as Tensor, state };
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
