import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError } from "../errors.js";
import type { Tokenizer } from "./tokenizer.js";
import type { TokenStream } from "./tokenStream.js";

type Ids = Uint8Array | Uint16Array | Int32Array;

/** Closes the files of streams that nobody closed, once nothing can read them any more. */
const forgotten = new FinalizationRegistry<FileHandle>((handle) => void handle.close().catch(() => {}));

/**
 * A temporary file of token ids, for corpora that do not fit in memory: 1, 2 or 4 bytes a token, as the vocabulary needs.
 * The file is unlinked while it is open, so that it vanishes with the process however that ends; where the system does
 * not allow that (Windows), it is removed at close and at exit.
 */
export class TokenFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #Ids: Uint8ArrayConstructor | Uint16ArrayConstructor | Int32ArrayConstructor;
  readonly #removeAtExit: (() => void) | null;
  #length = 0;

  private constructor(path: string, handle: FileHandle, vocabularySize: number, unlinked: boolean) {
    this.path = path;
    this.#handle = handle;
    this.#Ids = vocabularySize <= 2 ** 8 ? Uint8Array : vocabularySize <= 2 ** 16 ? Uint16Array : Int32Array;
    this.#removeAtExit = unlinked ? null : () => rmSync(path, { force: true });
    if (this.#removeAtExit) process.once("exit", this.#removeAtExit);
    forgotten.register(this, handle, this);
  }

  /** @param folder default: the system's folder for temporary files. */
  static async create(vocabularySize: number, folder = tmpdir()): Promise<TokenFile> {
    const path = join(folder, `ostinato-${process.pid}-${randomBytes(6).toString("hex")}.tokens`);
    const handle = await open(path, "wx+", 0o600).catch((cause: unknown) => {
      throw writingError(folder, 0, cause);
    });
    const unlinked = await unlink(path).then(
      () => true,
      () => false,
    );
    return new TokenFile(path, handle, vocabularySize, unlinked);
  }

  async append(ids: Int32Array): Promise<void> {
    const packed: Ids = this.#Ids === Int32Array ? ids : this.#Ids.from(ids);
    const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
    const start = this.#length * this.#Ids.BYTES_PER_ELEMENT;
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, written, bytes.length - written, start + written)
        .catch((cause: unknown) => {
          throw writingError(this.path, start, cause);
        });
      written += bytesWritten;
    }
    this.#length += ids.length;
  }

  stream(characters: number, tokenizer?: Tokenizer): TokenStream {
    return {
      length: this.#length,
      characters,
      ...(tokenizer ? { tokenizer } : {}),
      read: (start, end) => this.#read(start, end),
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    forgotten.unregister(this);
    await this.#handle.close();
    if (!this.#removeAtExit) return;
    process.off("exit", this.#removeAtExit);
    this.#removeAtExit();
  }

  async #read(start: number, end: number): Promise<Int32Array> {
    const from = Math.max(0, Math.min(start, this.#length));
    const ids = new this.#Ids(Math.max(0, Math.min(end, this.#length) - from));
    const bytes = new Uint8Array(ids.buffer);
    for (let filled = 0; filled < bytes.length; ) {
      const position = from * ids.BYTES_PER_ELEMENT + filled;
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, position);
      if (bytesRead === 0) throw new FileError(`The temporary token file ${this.path} was cut short by someone else.`);
      filled += bytesRead;
    }
    return ids instanceof Int32Array ? ids : Int32Array.from(ids);
  }
}

function writingError(path: string, bytes: number, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why =
    code === "ENOSPC" || code === "EDQUOT"
      ? `the disk is full after ${bytes} bytes`
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "no permission to write there"
        : message;
  return new FileError(
    `Could not keep the tokens of a large corpus in the temporary file ${path}: ${why}. ` +
      "Free some space, set TMPDIR to another disk, or raise memoryLimit to keep the tokens in memory.",
    cause,
  );
}
