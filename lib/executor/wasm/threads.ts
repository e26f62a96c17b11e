/** Everything that a thread of a module needs: the module, its memory, and its own places in it. */
export interface ThreadTask {
  readonly module: object;
  readonly memory: object;
  /** The end of its stack, from which it grows down. */
  readonly stack: number;
  /** Its variables. */
  readonly variables: number;
  readonly index: number;
}

/** A thread that works for a module, in a Worker of Node or of a page. */
export interface ModuleThread {
  /** Resolves when it waits for work. */
  readonly ready: Promise<void>;
  end(): void;
}

/** The part used here of a Worker. */
interface NodeWorker {
  once(event: "message" | "error" | "exit", listener: (value: unknown) => void): NodeWorker;
  unref(): void;
  terminate(): unknown;
}
interface PageWorker {
  onmessage: (() => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
  postMessage(task: ThreadTask): void;
  terminate(): void;
}
interface Threads {
  Worker: new (source: string, options: object) => NodeWorker;
}

const host = globalThis as {
  process?: NodeJS.Process;
  navigator?: { hardwareConcurrency?: number };
  crossOriginIsolated?: boolean;
  SharedArrayBuffer?: unknown;
  Worker?: new (url: string) => PageWorker;
};

/** Node's threads, which Deno and Bun have as well. */
const nodeThreads = host.process?.getBuiltinModule?.("node:worker_threads") as Threads | undefined;

/** A Worker's program. It is a text, so that no bundler and no page has to find a file. */
const lend = `({ module, memory, stack, variables, index }, port) => {
  const imports = { env: { memory }, host: { now: () => performance.now() } };
  const { exports } = new WebAssembly.Instance(module, imports);
  exports.__stack_pointer.value = stack;
  exports.__wasm_init_tls(variables);
  port.postMessage("ready");
  try {
    exports.threadWork(index);
  } catch {
    exports.threadCrash();
  }
}`;

/** Why modules have but one thread here; undefined where they may have more. */
export function noThreads(): string | undefined {
  if (host.crossOriginIsolated === false)
    return (
      "The page may not share memory with Workers. Serve it with the headers Cross-Origin-Opener-Policy: same-origin and " +
      "Cross-Origin-Embedder-Policy: require-corp"
    );
  if (!host.SharedArrayBuffer) return "This JavaScript engine has no shared memory. Use a newer one";
  if (!nodeThreads && !host.Worker) return "There are no Workers here. Load the executor in a page or a Worker";
  return undefined;
}

/** The threads of an executor that nobody has told how many: OSTINATO_NUM_THREADS, else the CPUs there are; one where they share nothing. */
export function defaultThreads(): number {
  if (noThreads() !== undefined) return 1;
  const named = Number(host.process?.env?.OSTINATO_NUM_THREADS);
  if (Number.isInteger(named) && named >= 1 && named <= 256) return named;
  const os = host.process?.getBuiltinModule?.("node:os");
  return Math.min(256, quota(), os?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1);
}

/** CPUs that a container of Linux may use, which old versions of Node do not count; infinity where nobody says. */
function quota(): number {
  try {
    const text = host.process?.getBuiltinModule?.("node:fs").readFileSync("/sys/fs/cgroup/cpu.max", "utf8") ?? "";
    const [share, period] = text.split(" ").map(Number) as [number, number];
    return share > 0 && period > 0 ? Math.ceil(share / period) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Starts a thread, which keeps no process alive. */
export function startThread(task: ThreadTask): ModuleThread {
  return nodeThreads ? inNode(nodeThreads, task) : inPage(task);
}

function inNode({ Worker }: Threads, task: ThreadTask): ModuleThread {
  const source = `const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads"); (${lend})(workerData, parentPort);`;
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: task });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve()).once("error", reject);
    worker.once("exit", () => reject(new Error("a thread has ended before it began")));
  }).finally(() => worker.unref());
  return { ready, end: () => worker.terminate() };
}

function inPage(task: ThreadTask): ModuleThread {
  const url = URL.createObjectURL(
    new Blob([`onmessage = ({ data }) => (${lend})(data, self);`], { type: "text/javascript" }),
  );
  const worker = new (host.Worker as NonNullable<typeof host.Worker>)(url);
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault?.();
      reject(new Error(event.message || "The page forbids Workers from a blob: allow worker-src blob: in its policy"));
    };
    worker.postMessage(task);
  }).finally(() => URL.revokeObjectURL(url));
  return { ready, end: () => worker.terminate() };
}
