import { FileError } from "../../errors.js";
import { readPart } from "../binaryFile.js";
import { stateDictGlobal } from "./globals.js";
import { readPickle } from "./pickle.js";
import { Storages } from "./storages.js";
import type { StoredWeights } from "./storedWeights.js";
import { damagedWeights, largestPickle } from "./storedWeights.js";
import type { DirectoryEntry, OpenArchive } from "./zipArchive.js";
import { openEntry, readZipDirectory } from "./zipArchive.js";

/** The weights of an archive as torch.save writes it since PyTorch 1.6: a pickle, and a file for each storage. */
export async function openZippedWeights(archive: OpenArchive): Promise<StoredWeights> {
  const { file } = archive;
  const entries = await readZipDirectory(archive);
  const pickles = [...entries.keys()].filter((name) => /^(?:[^/]*\/)?data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new FileError(
      `${file} is a zip archive, but none of PyTorch's weights: expected one data.pkl in it, got ${pickles.length}.`,
    );
  }
  const [pickle] = pickles as [string];
  const folder = pickle.slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw new FileError(
      `${file} is a TorchScript program, which holds code. Save its weights alone, in Python: ` +
        `torch.save(torch.jit.load(file).state_dict(), "weights.pt").`,
    );
  }
  const bytes = await contentOf(archive, entries.get(pickle) as DirectoryEntry);
  const order = entries.get(`${folder}byteorder`);
  const bigEndian = order !== undefined && (await contentOf(archive, order)).toString("latin1") === "big";
  const damaged = (what: string) => damagedWeights(file, what);
  const storages = new Storages(damaged);
  const { value } = readPickle({
    ...{ file, bytes },
    global: (module, name) => stateDictGlobal(file, module, name),
    persistent: (id) => storages.of(id),
  });
  const placeOf = async (key: string) => {
    const entry = entries.get(`${folder}data/${key}`);
    if (!entry) throw damaged(`there is no storage ${key} in it`);
    return openEntry(archive, entry);
  };
  return { value, bigEndian, most: bytes.length, placeOf };
}

async function contentOf(archive: OpenArchive, entry: DirectoryEntry): Promise<Buffer> {
  const { file, handle } = archive;
  const { start, length } = await openEntry(archive, entry);
  if (length > largestPickle) throw damagedWeights(file, `its ${entry.name} has ${length} bytes`);
  return Buffer.from(await readPart(handle, { file, start, length, cutOff: (what) => damagedWeights(file, what) }));
}
