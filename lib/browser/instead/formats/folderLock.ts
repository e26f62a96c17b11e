import { resolve } from "node:path";
import { FileError } from "../../../errors.js";
import { naming } from "../../../formats/atomicFile.js";
import { makeFolder } from "../../../formats/makeFolder.js";
import { checkOption, text } from "../../../options.js";
import { rmdir } from "../../node/filesPromises.js";

/** Folders that are being trained. */
const trained = new Set<string>();

/** The last saving of each folder, which the next one waits for. */
const savings = new Map<string, Promise<unknown>>();

/**
 * In place of the lock among processes: nobody else has these files. A folder takes one training at a time; savings, also those of
 * that training, follow each other.
 */
export const lockFolder: typeof import("../../../formats/folderLock.js").lockFolder = async (
  folder,
  { owner, purpose },
  work,
) => {
  checkOption(owner, "folder", folder, text());
  const path = resolve(folder);
  const made = await naming(folder, () => makeFolder(path));
  try {
    return await (purpose === "training" ? training(path, folder, work) : saving(path, work));
  } finally {
    for (const fresh of made.reverse()) await rmdir(fresh).catch(() => {});
  }
};

async function training<T>(path: string, folder: string, work: () => Promise<T>): Promise<T> {
  if (trained.has(path)) {
    throw new FileError(
      `${folder} is being trained by this page. A folder takes one training at a time: stop that one, or choose another folder.`,
    );
  }
  trained.add(path);
  try {
    return await work();
  } finally {
    trained.delete(path);
  }
}

async function saving<T>(path: string, work: () => Promise<T>): Promise<T> {
  const turn = (savings.get(path) ?? Promise.resolve()).then(work);
  const done = turn.catch(() => {});
  savings.set(path, done);
  try {
    return await turn;
  } finally {
    if (savings.get(path) === done) savings.delete(path);
  }
}
