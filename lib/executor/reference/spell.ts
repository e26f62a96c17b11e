import type { spellOperation } from "../../graph/ops/spell.js";
import { expectIds } from "./embedding.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

export function spell(call: Call<typeof spellOperation>): void {
  const { ids, characters, lengths, spellings, spellingLengths, places, shapes } = call;
  const [V, C] = shapes.characters as [number, number];
  expectIds("spell", ids, { minimum: 0, V });
  expectLengths(lengths, C, "the columns of characters");
  spellings.fill(0);
  spellingLengths.fill(0);
  const rows = new Map<number, number>();
  for (const [n, id] of ids.entries()) {
    const row = rows.get(id) ?? rows.size;
    rows.set(id, row);
    places[n] = row;
    spellings.set(characters.subarray(id * C, (id + 1) * C), row * C);
    spellingLengths[row] = lengths[id] as number;
  }
}
