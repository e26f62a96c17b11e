import type { ngramLossesOperation, ngramStepOperation } from "../../graph/ops/ngram.js";
import { expectIds, expectTargets } from "./embedding.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";
import { NgramTable } from "./ngramTable.js";

export function ngramStep({ ngrams, states, ids, logits, after, shapes }: Call<typeof ngramStepOperation>): void {
  const V = shapes.logits[1] as number;
  const table = new NgramTable(ngrams, V);
  expectIds("ngramStep", states, { minimum: 0, V: table.states });
  expectIds("ngramStep", ids, { minimum: 0, V });
  for (const [n, id] of ids.entries()) {
    const { state } = table.step(states[n] as number, id);
    after[n] = state;
    for (let word = 0; logits && word < V; word++) logits[n * V + word] = table.step(state, word).logProbability;
  }
}

export function ngramLosses(call: Call<typeof ngramLossesOperation>): void {
  const { ngrams, states, inputs, targets, lengths, losses, count, orders, last, shapes } = call;
  const [T, B] = shapes.inputs as [number, number];
  const table = new NgramTable(ngrams, ngrams[3] ?? 0);
  expectIds("ngramLosses", states, { minimum: 0, V: table.states });
  expectIds("ngramLosses", inputs, { minimum: 0, V: table.V });
  expectTargets("ngramLosses", targets, table.V);
  expectLengths(lengths, T, "the steps of the inputs");
  losses.fill(0);
  orders?.fill(0);
  count[0] = 0;
  for (const [b, first] of states.entries()) {
    const length = lengths?.[b] ?? T;
    let state = first;
    for (let t = 0; t < length; t++) {
      const at = t * B + b;
      state = table.step(state, inputs[at] as number).state;
      const target = targets[at] as number;
      if (target < 0) continue;
      const { logProbability, order } = table.step(state, target);
      losses[at] = -logProbability;
      if (orders) orders[at] = order;
      count[0] = (count[0] as number) + 1;
    }
    if (last) last[b] = state;
  }
}
