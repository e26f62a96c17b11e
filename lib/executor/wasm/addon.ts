import { turnOfEventLoop } from "../../eventLoop.js";
import type { AddonProgram, AddonSearch, AddonStore, AddonTimes } from "../addon.js";
import type { ProgramAddon } from "../addonExecutor.js";
import type { WasmModule } from "./module.js";

type Values = Float32Array | Int32Array;

/** The type of an output's values, and how many there are. */
interface Output {
  readonly Kind: Float32ArrayConstructor | Int32ArrayConstructor;
  readonly count: number;
}

/** Milliseconds of work after which the event loop has a turn. */
const longestTurn = 15;

/** The native addon's classes on a module: they check nothing that AddonExecutor has checked. */
export function wasmAddon(module: WasmModule): ProgramAddon {
  let lastTurn = performance.now();
  /** Work that holds the event loop, after a turn of it where there was none for long. */
  const inTurn = async <R>(work: () => R): Promise<R> => {
    if (performance.now() - lastTurn > longestTurn) {
      await turnOfEventLoop();
      lastTurn = performance.now();
    }
    return work();
  };

  class WasmStore implements Omit<AddonStore, "map"> {
    readonly handle = module.call(({ storeCreate }) => storeCreate(), 0);

    constructor() {
      const { handle } = this;
      module.releaseWith(this, ({ storeRelease }) => storeRelease(handle));
    }

    declare(dtype: number, elements: number): number {
      return module.call(({ storeDeclare }) => storeDeclare(this.handle, dtype, elements), -1);
    }

    read(index: number, into: Values, begin = 0): void {
      module.copyOut(into, this.#address(index, begin, 0));
    }

    write(index: number, from: Values, begin = 0): void {
      module.copyIn(from, this.#address(index, begin, 1));
    }

    compact(index: number, rows: number, type: number): void {
      module.call(({ storeCompact }) => storeCompact(this.handle, index, rows, type), 0);
    }

    #address(index: number, begin: number, writes: number): number {
      return (module.call(({ storeAddress }) => storeAddress(this.handle, index, writes)) >>> 0) + 4 * begin;
    }
  }

  class WasmProgram implements AddonProgram {
    readonly handle: number;
    readonly #outputs: readonly Output[];
    readonly #keepsTimes: boolean;

    constructor(store: AddonStore, encoded: Float64Array, _precision?: number, keepsTimes = false) {
      const owner = store as unknown as WasmStore;
      this.handle = module.withCopy(encoded, (words) =>
        module.call((m) => m.programCreate(owner.handle, words, encoded.length, Number(keepsTimes)), 0),
      );
      const { handle } = this;
      module.releaseWith(this, ({ programRelease }) => programRelease(handle));
      this.#keepsTimes = keepsTimes;
      this.#outputs = module.call((m) =>
        Array.from({ length: m.programOutputCount(handle) }, (_, i) => ({
          Kind: m.programOutputIsInteger(handle, i) ? Int32Array : Float32Array,
          count: m.programOutputElements(handle, i) >>> 0,
        })),
      );
    }

    run(feeds: readonly Values[], check: boolean) {
      return inTurn(() => {
        this.#bind(feeds, false);
        const nonFinite = module.call(({ programRun }) => programRun(this.handle, Number(check)), -2);
        return { outputs: this.#results(), nonFinite, ...this.#times() };
      });
    }

    replay(feeds: readonly Values[], steps: number, links: Int32Array, counters: Int32Array, collected: Int32Array) {
      return inTurn(() => {
        this.#bind(feeds, steps > 1);
        const lists = Int32Array.of(...links, ...counters, ...collected);
        module.withCopy(lists, (at) => {
          const [after, last] = [at + 4 * links.length, at + 4 * (links.length + counters.length)];
          const counts = [links.length, counters.length, collected.length] as const;
          module.call((m) => m.programReplay(this.handle, steps, at, counts[0], after, counts[1], last, counts[2]), 0);
        });
        const kept = Array.from(collected, (output, i) =>
          this.#copy(
            output,
            steps,
            module.call((m) => m.programCollected(this.handle, i)),
          ),
        );
        return { outputs: this.#results(), collected: kept, ...this.#times() };
      });
    }

    times(): AddonTimes {
      return this.#times();
    }

    #bind(feeds: readonly Values[], repeatedly: boolean): void {
      module.call(({ programBind }) => programBind(this.handle, Number(repeatedly)), 0);
      feeds.forEach((feed, i) => {
        module.copyIn(
          feed,
          module.call(({ programFeed }) => programFeed(this.handle, i, feed.length), 0),
        );
      });
    }

    #results(): Values[] {
      return this.#outputs.map((_, i) =>
        this.#copy(
          i,
          1,
          module.call((m) => m.programOutput(this.handle, i)),
        ),
      );
    }

    #copy(output: number, times: number, address: number): Values {
      const { Kind, count } = this.#outputs[output] as Output;
      const values = new Kind(count * times);
      module.copyOut(values, address);
      return values;
    }

    #times(): AddonTimes {
      if (!this.#keepsTimes) return {};
      module.call(({ programTimes }) => programTimes(this.handle));
      return { times: module.reply() };
    }
  }

  class WasmSearch implements AddonSearch {
    readonly #handle: number;
    readonly #program: WasmProgram;

    constructor(program: AddonProgram, encoded: Float64Array, feeds: readonly Values[]) {
      this.#program = program as WasmProgram;
      const handle = module.withCopy(encoded, (words) =>
        module.call((m) => m.searchCreate(this.#program.handle, words, encoded.length), 0),
      );
      this.#handle = handle;
      module.releaseWith(this, ({ searchRelease }) => searchRelease(handle));
      feeds.forEach((feed, i) => {
        if (feed.length > 0)
          module.copyIn(
            feed,
            module.call(({ searchInput }) => searchInput(handle, i)),
          );
      });
    }

    advance(steps: number, best: boolean) {
      return inTurn(() => {
        const done = module.call((m) => m.searchAdvance(this.#handle, steps, Number(best)), -1) === 1;
        const words = new Words(module.reply());
        const told: (Int32Array | null)[] = [];
        while (words.left) told.push(words.listOrNull(Int32Array));
        return { done, best: told, ...this.#program.times() };
      });
    }

    result() {
      module.call(({ searchResult }) => searchResult(this.#handle), 0);
      const words = new Words(module.reply());
      const sentences: ReturnType<AddonSearch["result"]> = [];
      while (words.left) {
        const hypotheses = Array.from({ length: words.next() }, () => hypothesisFrom(words));
        const tree = words.list(Float64Array);
        sentences.push({ hypotheses, ...(tree.length > 0 ? { tree } : {}) });
      }
      return sentences;
    }
  }

  const names = module.text(module.call(({ operations }) => operations()));
  return {
    operations: () => names.split("\n").map((name) => ({ name })),
    Store: WasmStore as unknown as ProgramAddon["Store"],
    Program: WasmProgram,
    Search: WasmSearch,
  };
}

/** As native/wasm/search.cc writes it. */
function hypothesisFrom(words: Words) {
  const ids = words.list(Int32Array);
  const score = words.next();
  const logProbabilities = words.list(Float64Array);
  const ended = words.next() !== 0;
  const attention = words.list(Float32Array);
  return { ids, score, logProbabilities, ended, ...(attention.length > 0 ? { attention } : {}) };
}

/** Reads a reply from its beginning to its end. */
class Words {
  #at = 0;

  constructor(private readonly numbers: Float64Array) {}

  get left(): boolean {
    return this.#at < this.numbers.length;
  }

  next(): number {
    return this.numbers[this.#at++] as number;
  }

  /** A count and as many numbers. */
  list<A extends Numbers>(Kind: { from(numbers: ArrayLike<number>): A }): A {
    const count = this.next();
    this.#at += count;
    return Kind.from(this.numbers.subarray(this.#at - count, this.#at));
  }

  /** The same; null for a count of -1. */
  listOrNull<A extends Numbers>(Kind: { from(numbers: ArrayLike<number>): A }): A | null {
    if (this.numbers[this.#at] !== -1) return this.list(Kind);
    this.#at++;
    return null;
  }
}

type Numbers = Float32Array | Float64Array | Int32Array;
