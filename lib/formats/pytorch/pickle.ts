import { FileError } from "../../errors.js";
import type { PickleValue } from "./pickleValue.js";
import { PickleGlobal, Tuple } from "./pickleValue.js";

/** Pickles in the bytes of a file, and the names in them. */
export interface PickleSource {
  /** Only for messages. */
  readonly file: string;
  readonly bytes: Buffer;
  /** The class or function of a name. @throws FileError for one that is not known. */
  global(module: string, name: string): PickleGlobal;
  /** The object that a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** Bytes of a whole number at most. */
const longestInteger = 256;

/**
 * Reads a pickle: the opcodes of protocols 2 to 5 that plain data has (named as in Python's pickletools). It is a machine with a stack, a
 * memo and the globals that its caller knows. It calls nothing else, and each of its steps takes a byte of the file or more.
 * @param start where it begins.
 * @returns its object, and where the next one may begin.
 * @throws FileError for a pickle that is damaged, or holds anything but plain data.
 */
export function readPickle(source: PickleSource, start = 0): { value: PickleValue; end: number } {
  return new Machine(source, start).run();
}

class Machine {
  readonly #source: PickleSource;
  #place: number;
  #stack: PickleValue[] = [];
  /** Stacks below the marks. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(source: PickleSource, start: number) {
    this.#source = source;
    this.#place = start;
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = this.#number(1);
      if (opcode === 0x2e) return { value: this.#pop(), end: this.#place };
      if (!this.#data(opcode) && !this.#structure(opcode) && !this.#object(opcode)) {
        const shown = `0x${opcode.toString(16).padStart(2, "0")}`;
        throw this.#damaged(
          `byte ${this.#place - 1} of its pickle is the opcode ${shown}, which plain data does not have`,
        );
      }
    }
  }

  /** Opcodes that push a value. */
  #data(opcode: number): boolean {
    switch (opcode) {
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4a: // BININT
        return this.#push(this.#take(4).readInt32LE());
      case 0x4b: // BININT1
        return this.#push(this.#number(1));
      case 0x4d: // BININT2
        return this.#push(this.#number(2));
      case 0x8a: // LONG1
        return this.#push(this.#integer(this.#number(1)));
      case 0x8b: // LONG4
        return this.#push(this.#integer(this.#number(4)));
      case 0x47: // BINFLOAT
        return this.#push(this.#take(8).readDoubleBE());
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(this.#number(1)));
      case 0x58: // BINUNICODE
        return this.#push(this.#text(this.#number(4)));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#text(this.#number(8)));
      case 0x55: // SHORT_BINSTRING, of Python 2
        return this.#push(this.#text(this.#number(1)));
      case 0x54: // BINSTRING, of Python 2
        return this.#push(this.#text(this.#number(4)));
      case 0x43: // SHORT_BINBYTES
        return this.#push(new Uint8Array(this.#take(this.#number(1))));
      case 0x42: // BINBYTES
        return this.#push(new Uint8Array(this.#take(this.#number(4))));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(new Uint8Array(this.#take(this.#number(8))));
      default:
        return false;
    }
  }

  /** Opcodes that build lists, tuples and dictionaries, and those that only move values. */
  #structure(opcode: number): boolean {
    switch (opcode) {
      case 0x80: // PROTO
        return this.#protocol(this.#number(1));
      case 0x95: // FRAME
        this.#take(8);
        return true;
      case 0x28: // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        return true;
      case 0x30: // POP
        this.#pop();
        return true;
      case 0x31: // POP_MARK
        this.#marked();
        return true;
      case 0x32: // DUP
        return this.#push(this.#top());
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x5d: // EMPTY_LIST
        return this.#push([]);
      case 0x29: // EMPTY_TUPLE
        return this.#push(new Tuple([]));
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(new Tuple(Array.from({ length: opcode - 0x84 }, () => this.#pop()).reverse()));
      case 0x74: // TUPLE
        return this.#push(new Tuple(this.#marked()));
      case 0x6c: // LIST
        return this.#push(this.#marked());
      case 0x64: // DICT
        return this.#push(new Map(this.#pairs(this.#marked())));
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#marked());
      case 0x73: // SETITEM
        return this.#set([this.#pop(), this.#pop()].reverse());
      case 0x75: // SETITEMS
        return this.#set(this.#marked());
      case 0x71: // BINPUT
        return this.#keep(this.#number(1));
      case 0x72: // LONG_BINPUT
        return this.#keep(this.#number(4));
      case 0x94: // MEMOIZE
        return this.#keep(this.#memo.size);
      case 0x68: // BINGET
        return this.#push(this.#kept(this.#number(1)));
      case 0x6a: // LONG_BINGET
        return this.#push(this.#kept(this.#number(4)));
      default:
        return false;
    }
  }

  /** Opcodes that make objects, of the globals that the caller knows. */
  #object(opcode: number): boolean {
    switch (opcode) {
      case 0x63: // GLOBAL
        return this.#push(this.#source.global(this.#line(), this.#line()));
      case 0x93: {
        // STACK_GLOBAL
        const [name, module] = [this.#pop(), this.#pop()];
        if (typeof name !== "string" || typeof module !== "string") throw this.#damaged("it names a class by no text");
        return this.#push(this.#source.global(module, name));
      }
      case 0x51: // BINPERSID
        return this.#push(this.#source.persistent(this.#pop()));
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [args, callee] = [this.#pop(), this.#pop()];
        if (!(callee instanceof PickleGlobal) || !callee.call || !(args instanceof Tuple)) {
          throw this.#damaged("it calls what is no function");
        }
        return this.#push(callee.call(args.items));
      }
      case 0x62: // BUILD, by which a state_dict has the versions of its modules
        this.#pop();
        this.#top();
        return true;
      default:
        return false;
    }
  }

  #protocol(version: number): boolean {
    if (version > 5) throw this.#damaged(`its pickle is of protocol ${version}`);
    return true;
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#damaged("its pickle takes more from its stack than there is");
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#damaged("its pickle takes more from its stack than there is");
    return value;
  }

  /** The values after the last mark, which is taken away. */
  #marked(): PickleValue[] {
    const below = this.#below.pop();
    if (!below) throw this.#damaged("its pickle ends a list that it never began");
    const values = this.#stack;
    this.#stack = below;
    return values;
  }

  #append(values: readonly PickleValue[]): true {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#damaged("its pickle adds to what is no list");
    for (const value of values) list.push(value);
    return true;
  }

  #set(items: readonly PickleValue[]): true {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map)) throw this.#damaged("its pickle adds to what is no dictionary");
    for (const [key, value] of this.#pairs(items)) dictionary.set(key, value);
    return true;
  }

  #pairs(items: readonly PickleValue[]): [PickleValue, PickleValue][] {
    if (items.length % 2 !== 0) throw this.#damaged("a dictionary of its pickle has a key without a value");
    return Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i] ?? null, items[2 * i + 1] ?? null]);
  }

  #keep(place: number): true {
    this.#memo.set(place, this.#top());
    return true;
  }

  #kept(place: number): PickleValue {
    const value = this.#memo.get(place);
    if (value === undefined) throw this.#damaged(`its pickle asks for value ${place}, which it has not kept`);
    return value;
  }

  #take(length: number): Buffer {
    const { bytes } = this.#source;
    const end = this.#place + length;
    if (end > bytes.length) throw this.#damaged("its pickle is cut off");
    const part = bytes.subarray(this.#place, end);
    this.#place = end;
    return part;
  }

  /** A whole number of 1, 2, 4 or 8 bytes. */
  #number(length: 1 | 2 | 4 | 8): number {
    const bytes = this.#take(length);
    return length === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, length);
  }

  /** A signed whole number of any length, the lowest byte first; a bigint where a number cannot hold it. */
  #integer(length: number): number | bigint {
    if (length > longestInteger) throw this.#damaged(`a whole number of its pickle has ${length} bytes`);
    const digits = Buffer.from(this.#take(length)).reverse().toString("hex");
    const value = length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #text(length: number): string {
    return this.#take(length).toString("utf8");
  }

  #line(): string {
    const { bytes } = this.#source;
    const end = bytes.indexOf(0x0a, this.#place);
    if (end < 0) throw this.#damaged("its pickle is cut off");
    const text = bytes.toString("utf8", this.#place, end);
    this.#place = end + 1;
    return text;
  }

  #damaged(what: string): FileError {
    return new FileError(
      `${this.#source.file} is damaged, or no state_dict: ${what}. Copy it again, or save it with safetensors.torch.save_file.`,
    );
  }
}
