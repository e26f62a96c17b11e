import { Worker } from "node:worker_threads";
import { FileError } from "../errors.js";
import type { Picture } from "./picture.js";

/** A picture to decode. */
export interface PictureBytes {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file: string;
  readonly size: { rows: number; columns: number } | undefined;
}

/** A decoded picture, or why there is none. */
export type DecodedPicture = { readonly id: number } & ({ readonly picture: Picture } | { readonly problem: string });

interface Waiting {
  resolve(picture: Picture): void;
  reject(error: unknown): void;
}

/** The thread: made for the first picture, and kept; it does not keep the process. */
let thread: { readonly worker: Worker; readonly waiting: Map<number, Waiting> } | null = null;
let next = 0;

/** Decodes a picture in a thread of its own, one after the other. The bytes go over to it. @throws FileError as `decodePicture` does. */
export function decodeElsewhere(
  bytes: Uint8Array<ArrayBuffer>,
  { file, size }: Pick<PictureBytes, "file" | "size">,
): Promise<Picture> {
  thread ??= begun();
  const { worker, waiting } = thread;
  const id = next++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage({ id, bytes, file, size } satisfies PictureBytes, [bytes.buffer]);
  });
}

function begun(): NonNullable<typeof thread> {
  // Run from its sources, the program has the thread's code where the build puts it.
  const place = import.meta.url.endsWith(".ts") ? "../../dist/formats/pictureWorker.js" : "./pictureWorker.js";
  const worker = new Worker(new URL(place, import.meta.url));
  const waiting = new Map<number, Waiting>();
  worker.on("message", (answer: DecodedPicture) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ("picture" in answer) asked?.resolve(answer.picture);
    else asked?.reject(new FileError(answer.problem));
  });
  const ended = (cause: unknown) => {
    if (thread?.worker === worker) thread = null;
    for (const { reject } of waiting.values()) {
      reject(new FileError(`The thread that decodes images has ended: ${(cause as Error)?.message ?? cause}.`, cause));
    }
    waiting.clear();
  };
  worker.on("error", ended);
  worker.on("exit", (code) => ended(`exit code ${code}`));
  return { worker, waiting };
}
