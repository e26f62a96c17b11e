// Data-parallel training: tokens a second of N ranks beside one process with as many threads, over shared memory, TCP, and a network of a given
// rate, beside PyTorch's DistributedDataParallel: node bench/ranks.mjs --help
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { fastPyTorch } from "./opponents/list.mjs";
import { Network } from "./ranks/network.mjs";
import { median } from "./statistics.mjs";
import { training, workloads } from "./workloads.mjs";

const help = `node bench/ranks.mjs [options]
  --workload NAME  W1, W2 or W3 of workloads.mjs (W2)
  --ranks N        processes of one thread each (2)
  --rate R         Mbit/s of a network between them, each with an address of its own. Needs Linux, root, ip and tc
  --delay D        milliseconds that each message is longer on its way there (0). Needs python3
  --steps N        updates that are measured in each round (60)
  --rounds N       times that each row has its turn; the median counts (3)
  --precision P    matmulPrecision of all: highest, high, medium (highest)
  --local-steps H  updates between two exchanges, where ranks learn by themselves (50)
  --python PATH    a Python with torch; its ranks talk by gloo
  --only A,B       the rows to measure, by a part of their title

Needs MPI: apt-get install libopenmpi-dev openmpi-bin, then npm run setup.
`;

const text = (initial) => ({ type: "string", default: initial });
const { values } = parseArgs({
  options: {
    ...{
      workload: text("W2"),
      ranks: text("2"),
      rate: { type: "string" },
      delay: text("0"),
      steps: text("60"),
      rounds: text("3"),
    },
    ...{ precision: text("highest"), "local-steps": text("50"), python: { type: "string" }, only: { type: "string" } },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const [rate, delay] = [Number(values.rate ?? 0), Number(values.delay)];
if (!(rate >= 0 && delay >= 0) || (rate === 0 && (values.rate !== undefined || delay > 0))) {
  throw new Error("--rate: expected Mbit/s, such as 1000; --delay: milliseconds, with --rate.");
}

const execFileAsync = promisify(execFile);
const [ranks, rounds] = [Number(values.ranks), Number(values.rounds)];
const place = (file) => fileURLToPath(new URL(file, import.meta.url));
const network = values.rate === undefined ? null : new Network(ranks, rate, delay);

/** Runs commands beside each other to their end. @returns what the first rank measured: tokens a second */
async function measured(commands, environment) {
  const ended = new AbortController();
  const options = { env: { ...process.env, ...environment }, timeout: 600_000, signal: ended.signal };
  const runs = commands.map(([command, ...rest]) => execFileAsync(command, rest, options));
  // One that fails takes the others with it, which would wait for it.
  const [{ stdout, stderr }] = await Promise.all(runs).finally(() => ended.abort());
  const line = /^\{.*\}$/m.exec(stdout)?.[0];
  if (!line) throw new Error(`${stderr}${stdout}`.trim().split("\n").slice(-5).join("\n"));
  return JSON.parse(line).tokensPerSecond;
}

const own = (options) => [
  ...[process.execPath, place("ranks/rank.mjs")],
  JSON.stringify({ workload: values.workload, steps: Number(values.steps), precision: values.precision, ...options }),
];

/** Own ranks. `shared` lets them meet in memory; otherwise they talk by TCP, over the network if there is one. */
function together(options, { shared = false } = {}) {
  const links = shared ? [] : ["--mca", "btl", "tcp,self"];
  const where = network && !shared ? network.hosts() : ["--bind-to", "none", "--oversubscribe", "-n", String(ranks)];
  const command = ["mpirun", "--allow-run-as-root", "-x", "OSTINATO_NUM_THREADS", ...links, ...where, ...own(options)];
  return measured([network && !shared ? network.within(0, command) : command], { OSTINATO_NUM_THREADS: "1" });
}

/** The sum of processes that know nothing of each other, each with the rows of a rank: what ranks could make if they had nothing to say. */
async function besideEachOther() {
  const one = () => measured([own({ share: 1 / ranks })], { OSTINATO_NUM_THREADS: "1" });
  return (await Promise.all(Array.from({ length: ranks }, one))).reduce((sum, rate) => sum + rate, 0);
}

const large = 1e6;
const link = network ? `${values.rate} Mbit/s${delay > 0 ? ` and ${delay} ms` : ""}` : "TCP";
const rows = [
  { title: `one process, ${ranks} threads`, run: () => measured([own({})], { OSTINATO_NUM_THREADS: String(ranks) }) },
  { title: "one process, one thread", run: () => measured([own({})], { OSTINATO_NUM_THREADS: "1" }) },
  {
    title: "one process, one thread, rows of a rank",
    run: () => measured([own({ share: 1 / ranks })], { OSTINATO_NUM_THREADS: "1" }),
  },
  { title: `${ranks} such processes beside each other, all together`, run: besideEachOther },
  { title: "ranks, shared memory", run: () => together({}, { shared: true }) },
  { title: `ranks, ${link}`, run: () => together({}) },
  { title: `ranks, ${link}, nothing overlapped`, run: () => together({ bucketMegabytes: large }) },
  { title: `ranks, ${link}, bfloat16 sent`, run: () => together({ compress: "bfloat16" }) },
  { title: `ranks, ${link}, a hundredth sent`, run: () => together({ compress: "top-k" }) },
  {
    title: `ranks, ${link}, ${values["local-steps"]} local steps`,
    run: () => together({ localSteps: Number(values["local-steps"]) }),
  },
];
if (values.python) {
  const sizes = {
    ...workloads[values.workload],
    ...training,
    precision: values.precision,
    steps: Number(values.steps),
  };
  const commands = Array.from({ length: ranks }, (_, rank) => {
    const command = [values.python, place("ranks/ranks.py"), JSON.stringify(sizes), String(rank), String(ranks)];
    return network ? network.within(rank, command) : command;
  });
  const meeting = { MASTER_ADDR: network?.address(0) ?? "127.0.0.1", MASTER_PORT: "29517", USE_LIBUV: "0" };
  const through = { GLOO_SOCKET_IFNAME: network ? "eth0" : "lo" };
  rows.push({
    title: `PyTorch, DistributedDataParallel, gloo, ${link}`,
    run: () => measured(commands, { ...fastPyTorch(1), ...meeting, ...through }),
  });
}

process.stdout.write(
  `${machineLine(describeMachine())}\n${values.workload}, ${values.precision}, ${ranks} ranks of one thread on ${availableParallelism()} cores; ` +
    `medians of ${rounds} rounds of ${values.steps} updates\n${busyWarning() ?? ""}\n`,
);
const chosen = rows.filter(({ title }) => values.only?.split(",").some((part) => title.includes(part)) ?? true);
const rates = new Map(chosen.map(({ title }) => [title, []]));
try {
  network?.down();
  await network?.up();
  for (let round = 0; round < rounds; round++) {
    for (const { title, run } of chosen) {
      try {
        const rate = await run();
        rates.get(title)?.push(rate);
        process.stderr.write(`round ${round + 1}: ${Math.round(rate)} tokens/s, ${title}\n`);
      } catch (error) {
        rates.delete(title);
        process.stdout.write(`not measured: ${title}: ${error.message}\n`);
      }
    }
  }
} finally {
  network?.down();
}
const first = median([...rates.values()][0] ?? [1]);
for (const [title, list] of rates) {
  const rate = median(list);
  process.stdout.write(`${Math.round(rate).toString().padStart(8)} tokens/s  ${(rate / first).toFixed(2)}  ${title}\n`);
}
