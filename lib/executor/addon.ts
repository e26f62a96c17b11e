/** The whole boundary between TypeScript and C++ (native/binding). Everything here may throw an Error with a `code`. */
export interface Addon {
  /** The ops; an op's code in an encoded program is its position here. */
  operations(): AddonOperation[];
  info(): AddonInfo;
  threads(): number;
  /** 1 to 256. Refused (ERR_OSTINATO_BUSY) while a program runs, like the two below. */
  setThreads(threads: number): void;
  /** "auto", "portable", "neon", "avx2" or "avx512". */
  setKernels(tier: string): void;
  /** "auto", "own" or "blas". */
  setGemm(provider: string): void;
  Store: new () => AddonStore;
  /**
   * @param precision of matrix products: 0 highest (the default), 1 high, 2 medium.
   * @param keepsTimes whether runs resolve with the times of their ops. Default false.
   * @param communicator of a distributed training. Default: none, what is to be added over all ranks stays as it is.
   */
  Program: new (
    store: AddonStore,
    encoded: Float64Array,
    precision?: number,
    keepsTimes?: boolean,
    communicator?: AddonCommunicator,
  ) => AddonProgram;
  /** Seats of ranks that are threads of this process. @param patience milliseconds that they wait for each other. */
  threadGroup(size: number, patience: number): object[];
  /** @param seat of a thread group, or the table of a transport. */
  Communicator: new (
    seat: object,
    patience: number,
  ) => AddonCommunicator;
  /** @param encoded see encodeSearch. @param feeds as those of a run; those of the tokens may hold anything. */
  Search: new (
    program: AddonProgram,
    encoded: Float64Array,
    feeds: readonly (Float32Array | Int32Array)[],
  ) => AddonSearch;
  /** @param begin, end marks of sentences, ids of the vocabulary; both -1 for one running text. */
  Ngrams: new (
    V: number,
    begin: number,
    end: number,
  ) => AddonNgrams;
}

/** An op as the addon knows it: names, as `Operation` of lib/graph declares them. */
export interface AddonOperation {
  name: string;
  operands: string[];
  results: string[];
  attributes: string[];
  optionalOperands: string[];
  optionalResults: string[];
  mutates: string[];
  consumes: string[];
  several: boolean;
  view: boolean;
}

export interface AddonInfo {
  kernels: { chosen: string; reason: string; available: string[] };
  /** `high`, `medium`: what multiplies bfloat16 operands in this precision; null where products stay float32. */
  gemm: { provider: string; blas: string | null; high: string | null; medium: string | null };
  threads: number;
}

export interface AddonStore {
  /** @param dtype 0 for f32, 1 for i32. Returns the variable's index. Filled with zeros. */
  declare(dtype: number, elements: number): number;
  /**
   * Copies a variable into `into`, which has its type and length; with `begin`, as many values from there on as `into` has.
   * Both copy on the calling thread: large variables take turns with other work, a part at a time.
   */
  read(index: number, into: Float32Array | Int32Array, begin?: number): void;
  write(index: number, from: Float32Array | Int32Array, begin?: number): void;
  /**
   * Takes the values of a variable from an open file, where they begin at this byte, in place of those that it has: pages are read
   * when they are looked at. Returns whether that could be done: not on Windows, and not once a program uses the variable.
   */
  map(index: number, file: number, begin: number): boolean;
  /**
   * Rounds a float32 matrix of `rows` rows to numbers of a smaller type (0 none, 1 bfloat16, 2 int8) and keeps it in that
   * type as well, for products of few rows, until it is written or a run changes it.
   */
  compact(index: number, rows: number, type: number): void;
}

/** The times that runs of a program that keeps them resolve with besides: number, begin and end of each op that ran. */
export interface AddonTimes {
  times?: Float64Array;
}

export interface AddonProgram {
  /** One run at a time on a store: a second one is refused with ERR_OSTINATO_BUSY. */
  run(
    feeds: readonly (Float32Array | Int32Array)[],
    check: boolean,
  ): Promise<{ outputs: (Float32Array | Int32Array)[]; nonFinite: number } & AddonTimes>;
  /**
   * Runs `steps` times in a row, 1 to 4096.
   * @param links pairs: the number of an output, and of the feed that gets its value for the next run.
   * @param counters feeds whose last element grows by one after each run.
   * @param collected outputs whose values of all runs are returned, one after the other.
   */
  replay(
    feeds: readonly (Float32Array | Int32Array)[],
    steps: number,
    links: Int32Array,
    counters: Int32Array,
    collected: Int32Array,
  ): Promise<{ outputs: (Float32Array | Int32Array)[]; collected: (Float32Array | Int32Array)[] } & AddonTimes>;
}

/** One rank of a distributed training. What others cannot be told fails with ERR_OSTINATO_COMMUNICATION. */
export interface AddonCommunicator {
  open(): Promise<{ rank: number; size: number }>;
  gather(message: Uint8Array): Promise<Uint8Array[]>;
  stop(reason: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes tables of n-grams: of a text that is added, counted once, and estimated from as often as wanted; or of n-grams with their
 * probabilities. One call at a time (ERR_OSTINATO_BUSY).
 */
export interface AddonNgrams {
  /** Tokens to follow. @param heldOut of the text that `weights` are fitted on, instead of the one that is counted. */
  add(ids: Int32Array, heldOut?: boolean): void;
  /** Adds n-grams of an order: `order` ids of each, natural logarithms of their probabilities and back-off weights. */
  addNgrams(order: number, ids: Int32Array, probabilities: Float32Array, backoffs: Float32Array): void;
  /**
   * Makes the table of the n-grams that were added. Resolves with the number of each order, those included that others begin or end
   * with. An n-gram that was added twice is refused with ERR_OSTINATO_INPUT.
   */
  pack(): Promise<Float64Array>;
  /**
   * Counts what has been added so far, keeps the counts in a temporary file in the folder, and forgets the text. Resolves with the tokens
   * that have to wait for others. Fails with ERR_OSTINATO_FILE where there is no room for the file.
   */
  countPart(order: number, folder: string): Promise<number>;
  /** Counts all orders up to this one, with the parts that were counted before. Resolves with the number of different n-grams of each. */
  count(order: number): Promise<Float64Array>;
  /** Weights of the uniform distribution and of each order, by EM on the held-out text. */
  weights(): Promise<Float64Array>;
  /**
   * Makes the table of a model, `size` numbers; `read` copies it.
   * @param numbers added count, discount (below 0: estimated), threshold, largest count that is discounted.
   * @param weights of an interpolation.
   * @param minimum times that an n-gram of each order from 1 on must come to be kept; it must not fall.
   */
  estimate(
    smoothing: string,
    numbers: Float64Array,
    weights: Float64Array,
    minimum: Float64Array,
  ): Promise<{ size: number; notes: string[] }>;
  /**
   * Leaves out n-grams of the table whose loss raises the perplexity by less than the threshold (Stolcke 1998). Resolves with its size. A
   * table that somebody altered is refused with ERR_OSTINATO_INPUT.
   */
  prune(threshold: number): Promise<number>;
  /** Copies numbers of the table, from `begin` on. */
  read(into: Int32Array, begin: number): void;
  /** Adds numbers at the end of the table, which is empty at first. */
  append(numbers: Int32Array): void;
  /** Makes the work under way reject soon. */
  stop(): void;
}

export interface AddonSearch {
  /**
   * Takes up to `steps` steps, 1 to 4096; a run of the program's store.
   * @param best whether to tell the best hypothesis of each sentence that took the last step.
   */
  advance(steps: number, best: boolean): Promise<{ done: boolean; best: (Int32Array | null)[] } & AddonTimes>;
  /** Refused (ERR_OSTINATO_BUSY) while it advances. */
  result(): {
    hypotheses: {
      ids: Int32Array;
      score: number;
      logProbabilities: Float64Array;
      ended: boolean;
      /** [logProbabilities, S] */
      attention?: Float32Array;
    }[];
    /** Four numbers for each node: id, parent, log-probability, score. */
    tree?: Float64Array;
  }[];
}
