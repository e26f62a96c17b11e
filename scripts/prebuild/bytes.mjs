/** Numbers and texts at places in a file; a place past the end is an error that says so. */
export class Bytes {
  #view;
  #little;

  constructor(buffer, order) {
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#little = order === "little";
  }

  u8(at) {
    return this.#read("getUint8", at, 1);
  }

  u16(at) {
    return this.#read("getUint16", at, 2);
  }

  u32(at) {
    return this.#read("getUint32", at, 4);
  }

  /** Sizes and addresses, which in real files are far below 2^53. */
  u64(at) {
    return Number(this.#read("getBigUint64", at, 8));
  }

  /** Characters up to a zero. */
  text(at) {
    let end = at;
    while (this.u8(end) !== 0) end++;
    return String.fromCharCode(...Array.from({ length: end - at }, (_, i) => this.u8(at + i)));
  }

  #read(method, at, size) {
    if (!(at >= 0 && at + size <= this.#view.byteLength)) throw new Error(`the file ends before its byte ${at}`);
    return this.#view[method](at, this.#little);
  }
}
