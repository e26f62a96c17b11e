// Loaded into the processes of a test whose mutants are switched: which mutant holds, and which places the process passes.

const state = {
  /** The mutant that holds, or -1. */
  active: -1,
  /** 1 for each place that was passed. */
  seen: new Uint8Array(Number(process.env.OSTINATO_MUTANT_PLACES ?? 0)),
  passed: 0,
  /** As many passes are an error: a loop that a mutant has made endless. */
  most: Number.POSITIVE_INFINITY,
  pass(place) {
    state.seen[place] = 1;
    if (++state.passed > state.most) throw new Error("A loop has no end.");
  },
};
globalThis.mutants = state;
