import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OstinatoError } from "../errors.js";
import type { Communicator } from "./communicator.js";
import { openCommunicator } from "./nativeCommunicator.js";

interface MpiModule {
  readonly transport: object;
  readonly library: string;
}

/** Milliseconds of silence after which a process counts as lost. */
const patience = 20_000;

let loaded: MpiModule | undefined;
let opened: Promise<Communicator> | undefined;

/** MPI opens plugins of its own, which look for its symbols among those of the whole process: they must be global. */
function load(): MpiModule {
  if (loaded) return loaded;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const file = join(root, "build/Release/mpi/ostinato_mpi.node");
  if (!existsSync(file)) {
    throw new OstinatoError(
      "This Ostinato has no MPI: no prebuilt binary has, as each MPI has its own interface. Install one (Debian, Ubuntu: apt-get install " +
        `libopenmpi-dev openmpi-bin) and build Ostinato on this machine: npx cmake-js compile, in ${root}.`,
      { code: "ERR_OSTINATO_ADDON" },
    );
  }
  const module = { exports: {} as MpiModule };
  try {
    process.dlopen(module, file, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL);
  } catch (cause) {
    throw new OstinatoError(
      `MPI cannot be loaded: ${(cause as Error).message}. Is the MPI that ${file} was built with installed?`,
      {
        code: "ERR_OSTINATO_ADDON",
        cause,
      },
    );
  }
  loaded = module.exports;
  return loaded;
}

/** The MPI that this Ostinato was built with, "Open MPI v4.1.4"; null if there is none that can be loaded. */
export function mpiLibrary(): string | null {
  try {
    const [first = ""] = load().library.split(/[,\n]/);
    return first.trim();
  } catch (error) {
    if (error instanceof OstinatoError) return null;
    throw error;
  }
}

/**
 * This process as a rank of an MPI job (mpirun, srun); the same one at every call. Alone where no launcher has started it.
 * @throws OstinatoError ERR_OSTINATO_ADDON if this Ostinato was built without MPI: the message says how to get it.
 */
export function mpi(): Promise<Communicator> {
  opened ??= openCommunicator(load().transport, patience);
  return opened;
}

/** Environment variables in which launchers say how many processes they have started. */
const launchers = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"] as const;

/** Whether a launcher of MPI has started this process together with others. */
export function startedByLauncher(environment: Readonly<Record<string, string | undefined>>): boolean {
  return launchers.some((name) => Number(environment[name] ?? 1) > 1);
}

/** Takes leave of MPI, where it was opened. @param failed whether the launcher is to end all processes of the job, this one too. */
export async function leaveMpi(failed: boolean): Promise<void> {
  const communicator = await opened?.catch(() => undefined);
  if (failed) await communicator?.abort("this rank has failed");
  await communicator?.close();
}
