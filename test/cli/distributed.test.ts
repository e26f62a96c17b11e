import { Command } from "commander";
import { beforeEach, expect, test, vi } from "vitest";
import type { Communicator } from "../../lib/executor/communicator.js";

/** The MPI of these tests: how many processes it finds, or what it throws, and whether a launcher started this one. */
const world = vi.hoisted(() => ({ size: 1, rank: 0, launched: false, error: null as unknown, asked: 0 }));
vi.mock("../../lib/executor/mpi.js", () => ({
  mpi: async () => {
    world.asked++;
    if (world.error) throw world.error;
    return { size: world.size, rank: world.rank } as Communicator;
  },
  mpiLibrary: () => "Some MPI 5",
  startedByLauncher: () => world.launched,
  leaveMpi: async () => {},
}));

const noMpi = "This Ostinato has no MPI.";

/** The modules as they are when a process begins. */
async function begun({ missing = false, ...own }: Partial<typeof world> & { missing?: boolean }) {
  vi.resetModules();
  const [distributed, { printer }, { trainingCall }, { OstinatoError }] = await Promise.all([
    import("../../lib/cli/distributed.js"),
    import("../../lib/cli/print.js"),
    import("../../lib/cli/trainingCall.js"),
    import("../../lib/errors.js"),
  ]);
  const error = missing ? new OstinatoError(noMpi, { code: "ERR_OSTINATO_ADDON" }) : null;
  Object.assign(world, { size: 1, rank: 0, launched: false, error, asked: 0 }, own);
  return { ...distributed, printer, trainingCall };
}

beforeEach(() => void vi.restoreAllMocks());

test("a process that no launcher started trains alone, unless it is told to ask MPI", async () => {
  const { communicatorFor, rankPrefix } = await begun({});
  expect(await communicatorFor("auto")).toBeUndefined();
  expect(await communicatorFor("none")).toBeUndefined();
  expect(world.asked).toBe(0);
  expect(await communicatorFor("mpi")).toMatchObject({ size: 1, rank: 0 });
  expect(rankPrefix()).toBe("");
  const launched = await begun({ launched: true, size: 2 });
  expect(await launched.communicatorFor("none")).toBeUndefined();
  expect(world.asked).toBe(0);
});

test("of several processes all say their rank in errors, and only the first prints", async () => {
  for (const rank of [0, 1]) {
    const { communicatorFor, rankPrefix, printer } = await begun({ launched: true, size: 2, rank });
    expect(await communicatorFor("auto")).toMatchObject({ size: 2, rank });
    expect(rankPrefix()).toBe(`rank ${rank}: `);
    const lines: unknown[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(text) > 0);
    printer({}).line("a");
    vi.restoreAllMocks();
    expect(lines).toEqual(rank === 0 ? ["a\n"] : []);
  }
});

test("several processes that cannot train together are told why, and how each trains alone", async () => {
  const alone =
    "Some MPI 5, which this Ostinato was built with, finds no other process: is the launcher of another MPI?";
  const wrapped = (message: string) =>
    `A launcher of MPI has started several processes, which cannot train together. ${message} With --distributed none each trains alone.`;
  const refusal = async (distributed: "auto" | "mpi", own: Parameters<typeof begun>[0]) => {
    const { communicatorFor } = await begun({ launched: true, ...own });
    const error = await communicatorFor(distributed).catch((thrown: unknown) => thrown as Error & { code?: string });
    return error instanceof Error ? [error.message, error.code] : error;
  };
  expect(await refusal("auto", { missing: true })).toEqual([wrapped(noMpi), "ERR_OSTINATO_ADDON"]);
  expect(await refusal("mpi", { missing: true })).toEqual([noMpi, "ERR_OSTINATO_ADDON"]);
  expect(await refusal("mpi", { size: 1 })).toEqual([alone, "ERR_OSTINATO_COMMUNICATION"]);
  expect(await refusal("auto", { size: 1 })).toEqual([wrapped(alone), "ERR_OSTINATO_COMMUNICATION"]);
  expect(await refusal("auto", { error: new TypeError("a fault") })).toEqual(["a fault", undefined]);
});

test("several processes do not choose a name for the model's folder, each its own", async () => {
  const { trainingCall } = await begun({ launched: true, size: 2 });
  const command = new Command("lm").option("--distributed <way>", "", "mpi").parse([], { from: "user" });
  await expect(trainingCall(command, ["text.txt"])).rejects.toThrow(
    "train lm: name the folder of the model where several processes train: --out FOLDER.",
  );
});
