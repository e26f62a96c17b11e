import { isErrorCode, OptionError, OstinatoError } from "../errors.js";
import { checkOption, whole } from "../options.js";
import type { AddonCommunicator } from "./addon.js";
import type { Communicator } from "./communicator.js";
import { loadAddon } from "./loadAddon.js";

/** Ranks of one process at most: each waits on a thread of Node's pool, of which there are four. */
const mostThreads = 4;

/** Milliseconds that a rank waits for another one. */
const patience = 60_000;

class NativeCommunicator implements Communicator {
  /** @internal */
  readonly handle: AddonCommunicator;
  readonly rank: number;
  readonly size: number;

  constructor(handle: AddonCommunicator, { rank, size }: { rank: number; size: number }) {
    this.handle = handle;
    this.rank = rank;
    this.size = size;
  }

  async gather(message: Uint8Array): Promise<Uint8Array[]> {
    return own(this.handle.gather(message));
  }

  async abort(reason: string): Promise<void> {
    return this.handle.stop(reason);
  }

  async close(): Promise<void> {
    return this.handle.close();
  }
}

/** The addon's part of a communicator. @throws OptionError for one of another kind. */
export function handleOf(communicator: Communicator): AddonCommunicator {
  if (communicator instanceof NativeCommunicator) return communicator.handle;
  throw new OptionError("compile: the native executor needs a communicator of the addon: mpi(), threadGroup().");
}

/**
 * Opens a rank. @param seat of a thread group, or the table of a transport.
 * @param limit milliseconds after which a silent rank counts as lost.
 */
export async function openCommunicator(seat: object, limit: number): Promise<Communicator> {
  const { Communicator: Native } = loadAddon();
  const handle = new Native(seat, limit);
  return new NativeCommunicator(handle, await own(handle.open()));
}

/**
 * Ranks that are parts of this process, one for each of several models that are trained as one: for tests and for trying out what many
 * machines would do.
 * @param size 1 to 4. One that keeps the others waiting for more than 60 seconds ends them.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is no native binary.
 */
export async function threadGroup(size: number): Promise<Communicator[]> {
  checkOption("threadGroup", "size", size, whole({ minimum: 1, maximum: mostThreads }));
  return Promise.all(
    loadAddon()
      .threadGroup(size, patience)
      .map((seat) => openCommunicator(seat, patience)),
  );
}

async function own<R>(call: Promise<R>): Promise<R> {
  try {
    return await call;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw new OstinatoError(message, { code: isErrorCode(code) ? code : "ERR_OSTINATO_ADDON", cause: error });
  }
}
