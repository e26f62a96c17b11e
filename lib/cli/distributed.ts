import { OstinatoError } from "../errors.js";
import type { Communicator } from "../executor/communicator.js";
import { leaveMpi, mpi, mpiLibrary, startedByLauncher } from "../executor/mpi.js";
import { mutePrinters } from "./print.js";

/** Ways of training: with the processes of an MPI job, alone, or as the launcher has started this one. */
export const distributions = ["auto", "none", "mpi"] as const;
type Distributed = (typeof distributions)[number];

let rank: number | null = null;

/**
 * This process among those that train together; undefined if it trains alone. All but the first are quiet from here on.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is no MPI.
 */
export async function communicatorFor(distributed: Distributed): Promise<Communicator | undefined> {
  if (distributed === "none" || (distributed === "auto" && !startedByLauncher(process.env))) return undefined;
  try {
    const communicator = await mpi();
    if (communicator.size === 1 && startedByLauncher(process.env)) {
      throw new OstinatoError(
        `${mpiLibrary()}, which this Ostinato was built with, finds no other process: is the launcher of another MPI?`,
        { code: "ERR_OSTINATO_COMMUNICATION" },
      );
    }
    if (communicator.size > 1) rank = communicator.rank;
    if (communicator.rank > 0) mutePrinters();
    return communicator;
  } catch (error) {
    if (!(error instanceof OstinatoError) || distributed === "mpi") throw error;
    throw new OstinatoError(
      `A launcher of MPI has started several processes, which cannot train together. ${error.message} ` +
        "With --distributed none each trains alone.",
      { code: error.code, cause: error },
    );
  }
}

/** "rank 2: " before the errors of one of several processes. */
export function rankPrefix(): string {
  return rank === null ? "" : `rank ${rank}: `;
}

/** Takes leave of the other processes. After a failure the launcher ends them all, and this one. */
export async function leaveOthers(failed: boolean): Promise<void> {
  await leaveMpi(failed);
}
