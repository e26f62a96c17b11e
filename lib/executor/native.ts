import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, option, table, whole, word } from "../options.js";
import type { Addon, AddonInfo } from "./addon.js";
import { named } from "./addonErrors.js";
import { AddonExecutor } from "./addonExecutor.js";
import { loadAddon } from "./loadAddon.js";
import { handleOf } from "./nativeCommunicator.js";

/** The precisions of matrix products, in the addon's numbering. */
export const matmulPrecisions = ["highest", "high", "medium"] as const;
/** The name of a precision of matrix products. @useDeclaredType */
export type MatmulPrecision = (typeof matmulPrecisions)[number];

/** The options of a native executor. */
export const nativeExecutorRules = table("nativeExecutor", {
  /**
   * Precision of matrix products, in PyTorch's words; sums, states and parameters are always float32. "highest": float32 operands.
   * "high": each as the sum of two bfloat16, about 16 bits of mantissa. "medium": rounded to bfloat16, 8 bits. High needs a matrix unit
   * (Intel AMX), medium that or dot products of bfloat16 (AVX512_BF16); `nativeInfo().gemm` names what is there, and elsewhere they
   * compute in float32. Errors: docs/numerics.md.
   * Default highest.
   */
  matmulPrecision: option(word(matmulPrecisions, "highest"), {
    aka: ["precision", "float32_matmul_precision", "mixed_precision"],
    onResume: "changes",
  }),
});

/** Options of `nativeExecutor`. @interface */
export type NativeExecutorOptions = OptionsOf<typeof nativeExecutorRules>;

/** Runs programs in C++: each run is one call that works off the event loop. */
export class NativeExecutor extends AddonExecutor {
  readonly matmulPrecision: MatmulPrecision;
  readonly rounding: string;

  /** @internal */
  constructor(addon: Addon, options: NativeExecutorOptions = {}) {
    const { matmulPrecision } = completeOptions("nativeExecutor", options, nativeExecutorRules);
    super("native", addon, { precision: matmulPrecisions.indexOf(matmulPrecision), handleOf });
    this.matmulPrecision = matmulPrecision;
    this.rounding = `${addon.info().kernels.chosen} kernels`;
  }
}

/**
 * An executor on the addon of this process.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is no binary to load.
 * @throws OptionError if OSTINATO_NUM_THREADS, OSTINATO_KERNELS or OSTINATO_GEMM in the environment says something impossible.
 */
export function nativeExecutor(options: NativeExecutorOptions = {}): NativeExecutor {
  return new NativeExecutor(loadAddon(), options);
}

/** Threads that native runs use. Default: OSTINATO_NUM_THREADS, else the CPUs that this process may use. */
export function setThreads(threads: number): void {
  checkOption("setThreads", "threads", threads, whole({ minimum: 1, maximum: 256 }));
  named(() => loadAddon().setThreads(threads));
}

/** Description of what computes on this machine: kernels, matrix products, threads. */
export function nativeInfo(): AddonInfo {
  const { gemm, ...info } = loadAddon().info();
  // Not every library says more than its name.
  return { ...info, gemm: { ...gemm, blas: gemm.blas?.trim() ?? null } };
}
