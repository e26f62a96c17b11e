import { OstinatoError } from "../../errors.js";

export interface Instance {
  readonly exports: unknown;
}

export interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part used here of WebAssembly's JavaScript interface, which TypeScript declares only with everything of a browser. */
export interface Engine {
  validate(bytes: Uint8Array): boolean;
  instantiate(bytes: Uint8Array, imports: object): Promise<{ module: object; instance: Instance }>;
  Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => Instance;
}

/** Features of the engine that a module needs, each with the smallest module that uses it. */
const features = {
  // A function that returns a vector of zeros: v128.const.
  "128-bit SIMD": [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 11,
  ],
  // A function with a try and a catch_all.
  exceptions: [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11],
  // A function that reads, as one piece, from a memory that is not shared: i32.atomic.load.
  "atomic operations": [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0,
    26, 11,
  ],
};

/**
 * The engine of this process or page.
 * @throws OstinatoError ERR_OSTINATO_ADDON if it lacks something that a module needs.
 */
export function wasmEngine(): Engine {
  const { WebAssembly } = globalThis as { WebAssembly?: Engine };
  const missing = WebAssembly
    ? Object.entries(features).flatMap(([name, bytes]) => (WebAssembly.validate(Uint8Array.from(bytes)) ? [] : [name]))
    : ["WebAssembly"];
  if (WebAssembly && missing.length === 0) return WebAssembly;
  throw new OstinatoError(
    `This JavaScript engine lacks ${missing.join(", ")}. Use a newer one (Chrome from 95 on, Firefox 100, Safari 16.4, Node 18), ` +
      "or the slower executor in plain JavaScript: new ReferenceExecutor().",
    { code: "ERR_OSTINATO_ADDON" },
  );
}
