import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { mpiLibrary } from "../../lib/executor/mpi.js";

const cli = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const launcher = spawnSync("mpirun", ["--version"]).status === 0;
const there = launcher && mpiLibrary() !== null && existsSync(cli);
if (!there)
  console.info(
    "test/cli/mpi.test.ts: skipped, there is no MPI (apt-get install libopenmpi-dev openmpi-bin; npm run setup)",
  );

const folder = await mkdtemp(join(tmpdir(), "ostinato-mpi-"));
afterAll(() => rm(folder, { recursive: true }));
const text = join(folder, "text.txt");
await writeFile(text, "the quick brown fox jumps over the lazy dog\nand the dog sleeps on in the sun\n".repeat(40));

const open = /Open MPI/.test(String(spawnSync("mpirun", ["--version"]).stdout));
const flags = open ? ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] : [];
const env = { ...process.env, OSTINATO_NUM_THREADS: "1", OMPI_MCA_btl_vader_single_copy_mechanism: "none" };
/** Kills of one training. For a longer search: OSTINATO_TEST_KILLS=50. */
const kills = Number(process.env.OSTINATO_TEST_KILLS ?? 2);

const small = [
  "--tokenizer",
  "character",
  "--hidden-size",
  "16",
  "--embedding-size",
  "8",
  "--layers",
  "1",
  "--batch-size",
  "8",
  "--window-length",
  "16",
];

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs ostinato on some ranks. @param meanwhile is given the launcher and what it has printed, at every line. */
function onRanks(
  ranks: number,
  args: readonly string[],
  meanwhile: (child: ReturnType<typeof spawn>, stderr: string) => void = () => {},
  begun: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn("mpirun", [...flags, "-n", `${ranks}`, process.execPath, cli, ...args], { env });
    begun(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
      meanwhile(child, stdout);
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Steps that were reported, in lines of JSON of which the last may be cut off. */
function stepsIn(stdout: string): { step: number; loss: number }[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith('{"event":"step"')).map((line) => JSON.parse(line));
}

const childrenOf = (pid: number, ...words: readonly string[]) =>
  spawnSync("pgrep", ["-P", `${pid}`, ...words], { encoding: "utf8" })
    .stdout.split("\n")
    .filter(Boolean)
    .map(Number);

/** Sends a rank a signal: SIGKILL is what a machine does that fails. MPICH's launcher starts its ranks through a proxy. */
function signalRank({ pid }: ReturnType<typeof spawn>, rank: number, signal: NodeJS.Signals = "SIGKILL"): void {
  if (pid === undefined) return;
  const [proxy] = childrenOf(pid, "-x", "hydra_pmi_proxy");
  const started = childrenOf(proxy ?? pid)[rank];
  if (started !== undefined) process.kill(started, signal);
}

const train = (out: string, ...more: string[]) => [
  "train",
  "lm",
  text,
  ...small,
  "--out",
  join(folder, out),
  "--quiet",
  ...more,
];
const weights = (out: string) => readFile(join(folder, out, "model.safetensors"));

describe.skipIf(!there)("mpirun ostinato train", () => {
  test("two ranks train twice to the same bits, as one process does but for rounding, and one of them prints", async () => {
    const json = ["--epochs", "1", "--json"];
    const [one, two] = [await onRanks(1, train("one", ...json)), await onRanks(2, train("two", ...json))];
    expect(one).toMatchObject({ code: 0 });
    expect(two).toMatchObject({ code: 0, stderr: "" });
    const events = ({ stdout }: Ended) =>
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const losses = (ended: Ended) => events(ended).filter(({ event }) => event === "step" || event === "validation");
    expect(losses(two)).toHaveLength(losses(one).length);
    for (const [i, { loss }] of losses(two).entries()) expect(loss).toBeCloseTo(losses(one)[i].loss, 4);
    expect(await onRanks(2, train("again", ...json))).toMatchObject({ code: 0 });
    expect((await weights("again")).equals(await weights("two"))).toBe(true);
  }, 60_000);

  test("a training of two ranks goes on with one, and says how far it has come", async () => {
    expect(await onRanks(2, train("resumed", "--epochs", "1"))).toMatchObject({ code: 0 });
    const more = await onRanks(1, ["train", "--resume", join(folder, "resumed"), "--epochs", "2"]);
    expect(more).toMatchObject({ code: 0, stderr: expect.stringContaining("Done after") });
  }, 60_000);

  test("with the largest numbers of gradients alone two ranks go on in the bits of an unbroken training", async () => {
    const few = ["--epochs", "1", "--compress", "top-k", "--compress-share", "0.05"];
    expect(await onRanks(2, train("top-k", ...few))).toMatchObject({ code: 0 });
    expect(await onRanks(2, train("parted", ...few, "--maximum-steps", "9"))).toMatchObject({ code: 0 });
    const resumed = ["train", "--resume", join(folder, "parted"), "--maximum-steps", "1000"];
    expect(await onRanks(2, resumed)).toMatchObject({ code: 0 });
    expect((await weights("parted")).equals(await weights("top-k"))).toBe(true);
  }, 60_000);

  test("four ranks compute what one does but for rounding", async () => {
    const few = ["--epochs", "1", "--batch-size", "4", "--json"];
    const [one, four] = [await onRanks(1, train("alone", ...few)), await onRanks(4, train("four", ...few))];
    expect([one.code, four.code]).toEqual([0, 0]);
    expect(stepsIn(four.stdout)).toHaveLength(stepsIn(one.stdout).length);
    const loss = ({ stdout }: Ended) => stepsIn(stdout).at(-1)?.loss ?? Number.NaN;
    expect(loss(four)).toBeCloseTo(loss(one), 4);
  }, 60_000);

  test("sums of any length are right, and of lengths that are not alike the ranks are told", () => {
    const index = new URL("../../dist/index.js", import.meta.url).href;
    // A message has 64,512 bytes at most, and two ranks exchange halves: 16,128 numbers are half a message, 32,256 a whole one.
    const program = `
      import { Graph, mpi, nativeExecutor, ops } from ${JSON.stringify(index)};
      const communicator = await mpi();
      const { rank } = communicator;
      const sum = async (n) => {
        const graph = new Graph();
        graph.output("y", ops.awaitSum(ops.allReduce([graph.feed("x", "f32", [n])]), { begin: 0, shape: [n] }));
        const executor = nativeExecutor();
        const program = executor.compile(graph.program(), executor.createStore(), { communicator });
        return (await program.run({ x: Float32Array.from({ length: n }, (_, i) => (rank + 1) * (i % 1000)) })).outputs.y;
      };
      const lengths = [1, 2, 3, 16127, 16128, 32255, 32256, 32257, 64512, 3000001];
      const right = [];
      for (const n of lengths) right.push((await sum(n)).every((y, i) => y === 3 * (i % 1000)));
      if (rank === 0) console.log(JSON.stringify(right));
      const error = await sum(rank === 0 ? 32256 : 64512).then(() => "none", (error) => error.message);
      console.log(JSON.stringify(error));
      process.exit();`;
    const node = [process.execPath, "--input-type=module", "-e", program];
    const { stdout } = spawnSync("mpirun", [...flags, "-n", "2", ...node], { env, encoding: "utf8", timeout: 60_000 });
    expect(stdout).toContain(JSON.stringify(Array(10).fill(true)));
    expect(stdout).toContain("the ranks send values that do not fit together");
  });

  test("what a rank cannot do ends all, with its number", async () => {
    const { code, stderr } = await onRanks(2, train("one", "--epochs", "1"));
    expect(code).not.toBe(0);
    expect(stderr).toContain("rank 0: ");
    expect(stderr).toContain("holds a model");
  }, 60_000);

  test("a rank that is killed ends the others within seconds, and the folder can be resumed", async () => {
    let killed = 0;
    const ended = await onRanks(2, train("killed", "--epochs", "100000", "--json"), (child, stdout) => {
      if (killed > 0 || !stdout.includes('"step":20,')) return;
      killed = performance.now();
      signalRank(child, 1);
    });
    expect(ended.code).not.toBe(0);
    expect(performance.now() - killed).toBeLessThan(15_000);
    expect(await onRanks(2, ["train", "--resume", join(folder, "killed"), "--maximum-steps", "30"])).toMatchObject({
      code: 0,
    });
  }, 90_000);

  test("a rank that is stopped while it reads ends all", async () => {
    const long = join(folder, "long.txt");
    const words = Array.from(
      { length: 300_000 },
      (_, i) => `${((i * 7919) % 99_991).toString(36)}${i % 17 ? " " : "\n"}`,
    );
    await writeFile(long, words.join(""));
    let timer: NodeJS.Timeout | undefined;
    const args = ["train", "lm", long, "--tokenizer", "subword", "--hidden-size", "8", "--out", join(folder, "read")];
    const ended = onRanks(2, args, undefined, (child) => {
      timer = setTimeout(() => signalRank(child, 1, "SIGTERM"), 2500);
    });
    expect((await ended).code).not.toBe(0);
    clearTimeout(timer);
  }, 60_000);

  test(
    "killed again and again, a training loses no more than the step after a checkpoint, and ends in the bits of an unbroken one",
    async () => {
      // A checkpoint after every step, and work for all kills.
      const whole = ["--epochs", `${2 * kills}`, "--checkpoint-seconds", "0.001", "--json"];
      expect(await onRanks(2, train("unbroken", ...whole))).toMatchObject({ code: 0 });
      let args = train("broken", ...whole);
      let [last, killed] = [0, 0];
      for (;;) {
        const delay = Math.random() * 300;
        let due = killed < kills;
        const { code, stdout, stderr } = await onRanks(2, args, (child, said) => {
          if (!due || stepsIn(said).length < 2) return;
          due = false;
          setTimeout(() => signalRank(child, Math.round(Math.random())), delay);
        });
        const seen = stepsIn(stdout);
        expect(seen[0]?.step ?? -1, stderr).toBeGreaterThanOrEqual(last - 1);
        if (code === 0) break;
        killed++;
        last = seen.at(-1)?.step ?? last;
        args = ["train", "--resume", join(folder, "broken"), "--json", "--quiet"];
      }
      expect(killed).toBe(kills);
      expect((await weights("broken")).equals(await weights("unbroken"))).toBe(true);
    },
    60_000 + 20_000 * kills,
  );
});

test.skipIf(there)("without MPI a training that asks for it says what to install", () => {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...train("none", "--distributed", "mpi")]);
  expect(status).toBe(1);
  expect(String(stderr)).toContain("apt-get install libopenmpi-dev openmpi-bin");
});
