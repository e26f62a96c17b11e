let made = 0;

/** A file in memory: it lives as long as a path or a handle leads to it. */
export class MemoryFile {
  readonly ino = ++made;
  /** Room for the content, which grows by doubling. */
  #room: Uint8Array<ArrayBuffer>;
  #size: number;
  changed = Date.now();
  /** Counts the changes, as a clock may stand still between two. */
  version = 0;

  /** @param bytes the content, which is not copied. */
  constructor(bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)) {
    this.#room = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The bytes, not a copy. */
  get content(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#size);
  }

  /** Copies from a position on as much as there is room for, and says how many bytes. */
  read(into: Uint8Array, position: number): number {
    const part = this.content.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  /** Gives back the room that is not filled, once it is some megabytes or half. */
  trim(): void {
    const spare = this.#room.length - this.#size;
    if (spare > Math.min(2 ** 22, this.#size)) this.#room = this.#room.slice(0, this.#size);
  }

  /** Zeros fill a gap between the end and the position. */
  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#room.length) {
      const room = new Uint8Array(Math.max(end, Math.min(2 * this.#room.length, this.#room.length + mostSpare)));
      room.set(this.content);
      this.#room = room;
    }
    this.#room.set(bytes, position);
    this.#size = Math.max(this.#size, end);
    this.changed = Date.now();
    this.version++;
  }
}

/** Bytes that are kept free at the end of a large file. */
const mostSpare = 2 ** 26;

/** A folder in memory. */
export class MemoryFolder {
  readonly ino = ++made;
  readonly entries = new Map<string, MemoryFile | MemoryFolder>();
  readonly changed = Date.now();
  readonly version = 0;
  readonly size = 0;
}
