import { randomSource } from "../../lib/random/source.js";
import type { SearchStepOptions } from "../../lib/search/index.js";
import type { TokenAutomaton } from "../../lib/search/tokenAutomaton.js";
import type { TinySizes } from "./tinyStep.js";
import { begin, end } from "./tinyStep.js";

/** Options that a person might combine, drawn at random. */
export function drawOptions(seed: number): { sizes: Required<TinySizes>; options: SearchStepOptions } {
  const { uniform } = randomSource(seed, "options");
  const below = (n: number) => Math.floor(uniform() * n);
  const maybe = <T>(value: T, share = 0.3): T | undefined => (uniform() < share ? value : undefined);
  const sentences = 1 + below(4);
  const groups = uniform() < 0.25 ? 2 : 1;
  const beams = groups * (1 + below(4));
  const V = 4 + below(9) + (uniform() < 0.2 ? 300 : 0);
  const S = uniform() < 0.5 ? 1 + below(4) : 0;
  const maximumLength = 4 + below(12);
  const word = () => 2 + below(V - 2);
  const banned = maybe([2]);
  const free = () => Math.max(3, word());
  const sampling = groups === 1 && uniform() < 0.3;
  const entries = {
    begin,
    end: uniform() < 0.15 ? null : end,
    beams,
    nBest: 1 + below(beams),
    maximumLength,
    minimumLength: maybe(below(4)),
    lengthPenalty: maybe(uniform() < 0.3 ? ("average" as const) : 2 * uniform(), 0.6),
    coveragePenalty: S > 0 ? maybe(uniform(), 0.6) : undefined,
    blockNgramRepeat: maybe(1 + below(3)),
    prefix: maybe(Array.from({ length: 1 + below(2) }, free)),
    forced: maybe([{ position: 2 + below(2), token: free() }]),
    banned,
    groups,
    diversity: groups > 1 ? maybe(uniform(), 0.5) : undefined,
    earlyStopping: maybe(false),
    tree: maybe(true),
    sampling: sampling
      ? {
          temperature: [1, 0.6, 1.7, 0][below(4)] as number,
          topK: below(2) * (1 + below(5)),
          topP: uniform() < 0.5 ? 1 : 0.8,
          seed,
        }
      : undefined,
    sentences,
    maximumLengths: maybe(Array.from({ length: sentences }, () => 5 + below(10))),
    prefixes: maybe(Array.from({ length: sentences }, () => Array.from({ length: below(3) }, free))),
    attention: S > 0 ? maybe(uniform() < 0.5) : undefined,
    // Drawn last, so that the other options stay what they were.
    automaton: maybe(drawAutomaton(V, below)),
  };
  const given = Object.entries(entries).filter(([, value]) => value !== undefined);
  return {
    sizes: { sentences, beams, V, H: 6, S },
    options: Object.fromEntries(given) as unknown as SearchStepOptions,
  };
}

/** Three classes of tokens and two states; now and then a token may not come. */
function drawAutomaton(V: number, below: (n: number) => number): TokenAutomaton {
  const classOf = Int32Array.from({ length: V }, () => below(3));
  return { states: 2, classOf, next: Int32Array.from({ length: 6 }, () => below(5) - 1).map((at) => Math.min(at, 1)) };
}
