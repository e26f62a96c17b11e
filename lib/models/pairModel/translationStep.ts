import type { Executor, Store, Values } from "../../executor/executor.js";
import type { SearchStep } from "../../search/index.js";
import type { Read } from "../decoderStep.js";
import { DecoderStep } from "../decoderStep.js";
import { sideBySide } from "../sideBySide.js";
import type { PairNetwork } from "./pairNetwork.js";

/** Caches of decoders have room for a multiple of this many tokens: few programs, little room that nothing needs. */
const lengthMultiple = 16;

/** A trained encoder-decoder in use. */
export class TranslationStep {
  readonly #network: PairNetwork;
  readonly #decoder: DecoderStep;

  constructor(model: { network: PairNetwork; executor: Executor; store: Store }) {
    this.#network = model.network;
    this.#decoder = new DecoderStep(model.network, model);
  }

  /** Reads sources of at least one token each. */
  read(sources: readonly Int32Array[]): Promise<Read> {
    const { T: S, B, ids, lengths } = sideBySide(sources, this.#network.longest);
    return this.#decoder.read({
      key: `${S} ${B}`,
      B,
      feeds: { source: ids, lengths },
      lengths,
      record: (graph) => this.#network.encode(graph.feed("source", "i32", [S, B]), graph.feed("lengths", "i32", [B])),
    });
  }

  /**
   * The decoder's step over `beams` hypotheses for each of the sources, and what it begins with.
   * @param length most tokens of a hypothesis.
   */
  step(read: Read, beams: number, length: number): { step: SearchStep; feeds: Record<string, Values> } {
    return this.#decoder.step(read, beams, Math.ceil(length / lengthMultiple) * lengthMultiple);
  }
}
