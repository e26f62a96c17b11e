import { Command } from "commander";
import { beforeEach, expect, test, vi } from "vitest";
import { infoCommand } from "../../lib/cli/commands/info.js";
import { OptionError, OstinatoError } from "../../lib/errors.js";

/** The machine of these tests. */
const machine = vi.hoisted(() => ({
  native: null as unknown,
  mpi: null as string | null,
  cpus: [] as { model: string }[],
}));
vi.mock("../../lib/executor/native.js", async (original) => ({
  ...(await original<object>()),
  nativeInfo: () => {
    if (machine.native instanceof Error) throw machine.native;
    return machine.native;
  },
}));
vi.mock("../../lib/executor/mpi.js", () => ({ mpiLibrary: () => machine.mpi }));
vi.mock("node:os", async (original) => ({ ...(await original<object>()), cpus: () => machine.cpus }));
// The texts of options come from the built program.
vi.mock("../../lib/cli/optionDocs.js", async (original) => ({ ...(await original()), docOf: () => ({ text: "" }) }));

const gemm = { provider: "auto", blas: "OpenBLAS 1", high: null, medium: null };
const kernels = { chosen: "avx2", reason: "the best", available: ["avx2", "portable"] };
const native = (own: object, threads = 3) => ({ kernels, threads, gemm: { ...gemm, ...own } });

beforeEach(() => void Object.assign(machine, { native: native({}), mpi: null, cpus: [{ model: " A CPU " }] }));

/** The output of `ostinato info`. */
async function said(...words: string[]): Promise<string> {
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((piece) => {
    text += piece;
    return true;
  });
  await new Command()
    .addCommand(infoCommand([]))
    .parseAsync(["info", ...words], { from: "user" })
    .finally(() => write.mockRestore());
  return text;
}

test("info names what multiplies matrices: by which kernels, by which library, and in which precision bfloat16 takes part", async () => {
  const node = `Node ${process.version} on ${process.platform}-${process.arch}`;
  expect(await said()).toBe(
    `${node}, A CPU, 1 core; 3 threads compute. Kernels: avx2 (the best; available: avx2, portable). Matrix products: the faster for each ` +
      "shape of own kernels and OpenBLAS 1. Products are float32 in every --matmul-precision: there is nothing for bfloat16 that we can use. " +
      "MPI: none, as in every prebuilt binary; a build where one is installed has it (docs/many-machines.md).\n",
  );
  const products = async (own: object) => {
    machine.native = native(own);
    return (await said()).match(/Matrix products: .*/)?.[0];
  };
  machine.mpi = "Some MPI 5";
  expect(await products({ provider: "own", blas: null, medium: "AMX", high: "AMX" })).toBe(
    "Matrix products: own of own kernels and the system's BLAS, of which none was found. Products in --matmul-precision high and medium take " +
      "bfloat16 operands (AMX), all others float32. MPI: Some MPI 5.",
  );
  expect(await products({ medium: "AVX512_BF16" })).toContain(
    "Products in --matmul-precision medium take bfloat16 operands (AVX512_BF16), all others float32.",
  );
});

test("where there is no binary, or no name of the CPU, info says so; a wrong setting is an error", async () => {
  Object.assign(machine, { cpus: [], native: native({}, 1) });
  expect(await said()).toContain(", unknown CPU, 0 cores; 1 thread computes. Kernels");
  machine.native = new OstinatoError("There is no binary.", { code: "ERR_OSTINATO_ADDON" });
  const about = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: "unknown CPU",
    cores: 0,
  };
  expect(await said()).toBe(`Node ${about.node} on ${about.platform}, unknown CPU. There is no binary.\n`);
  expect(JSON.parse(await said("--json"))).toEqual({ ...about, native: null, reason: "There is no binary." });
  machine.native = new OptionError("OSTINATO_KERNELS is wrong.");
  await expect(said()).rejects.toThrow("OSTINATO_KERNELS is wrong.");
  machine.native = new TypeError("a fault");
  await expect(said("--json")).rejects.toThrow("a fault");
});
