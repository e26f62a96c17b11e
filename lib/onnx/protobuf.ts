/**
 * A message in the wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), written field by field. ONNX needs
 * no more of it than whole numbers, one float, texts, bytes and messages in messages.
 */
export class Message {
  readonly #parts: Uint8Array[] = [];

  /** Number of bytes. */
  get length(): number {
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** The bytes, in pieces: those of large fields are the caller's own. */
  get parts(): readonly Uint8Array[] {
    return this.#parts;
  }

  /** A whole number, of any field type that takes varints. */
  integer(field: number, value: number): this {
    this.#parts.push(varint(field * 8), varint(value));
    return this;
  }

  integers(field: number, values: readonly number[]): this {
    for (const value of values) this.integer(field, value);
    return this;
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#parts.push(varint(field * 8 + 5), bytes);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(varint(field * 8 + 2), varint(value.length), value);
    return this;
  }

  message(field: number, value: Message): this {
    this.#parts.push(varint(field * 8 + 2), varint(value.length));
    for (const part of value.parts) this.#parts.push(part);
    return this;
  }
}

/** 7 bits in each byte, the lowest first; a number below 0 as 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Uint8Array.from(bytes);
  }
}
