import type { Executor, Feeds, Store } from "../../lib/executor/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { RandomSource } from "../../lib/random/source.js";
import { randomSource } from "../../lib/random/source.js";
import type { SearchStep } from "../../lib/search/index.js";

/** Ids of the tokens that begin and end what a tiny step writes. */
export const [begin, end] = [0, 1] as const;

export interface TinySizes {
  sentences: number;
  beams: number;
  V: number;
  H?: number;
  /** Columns of attention; 0 for none. */
  S?: number;
}

/** A recurrent step with random weights, whose state is carried under two names, and the feeds of its first step. */
export async function tinyStep(
  executor: Executor,
  { sentences, beams, V, H = 6, S = 0 }: TinySizes,
  seed: number,
): Promise<{ step: SearchStep; feeds: Feeds; store: Store }> {
  const N = sentences * beams;
  const graph = new Graph();
  const tokens = graph.feed("tokens", "i32", [N]);
  const before = graph.feed("h", "f32", [N, H]);
  const slow = graph.feed("slow", "f32", [N, 1, H]);
  const variable = (name: string, ...shape: number[]) => graph.variable({ name, dtype: "f32", shape });
  const embedded = ops.embedding(variable("table", V, H), tokens);
  const given = ops.add(ops.matmul(before, variable("U", H, H)), ops.reshape(slow, [N, H]));
  const h = ops.tanh(ops.add(embedded, given));
  graph.output("h after", h);
  graph.output("slow after", ops.affine(ops.add(slow, ops.reshape(h, [N, 1, H])), { scale: 0.5 }));
  graph.output("logits", ops.linear(h, variable("W", V, H), variable("b", V)));
  if (S > 0) graph.output("attention", ops.softmax(ops.linear(h, variable("A", S, H))));
  const program = graph.program();
  const store = executor.createStore();
  for (const { name, dtype, shape } of program.variables) {
    store.declare({ name, dtype, shape });
    await store.write(name, normal(randomSource(seed, name), elementsOf(shape), 1.5));
  }
  const first = normal(randomSource(seed, "first"), sentences * H, 1);
  const repeated = Float32Array.from({ length: N * H }, (_, i) => {
    const sentence = Math.floor(i / (beams * H));
    return first[sentence * H + (i % H)] as number;
  });
  return {
    step: {
      executable: executor.compile(program, store),
      tokens: "tokens",
      logits: "logits",
      ...(S > 0 ? { attention: "attention" } : {}),
      carry: { h: "h after", slow: "slow after" },
    },
    feeds: { h: repeated, slow: new Float32Array(N * H) },
    store,
  };
}

function normal(random: RandomSource, count: number, scale: number): Float32Array {
  return Float32Array.from({ length: count }, () => scale * random.normal());
}

/** The feeds of one sentence among many. */
export function feedsOf(feeds: Feeds, sentence: number, sentences: number): Feeds {
  const part = (values: Float32Array) => {
    const size = values.length / sentences;
    return values.slice(sentence * size, (sentence + 1) * size);
  };
  return Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, part(values as Float32Array)]));
}
