import type { linearOperation } from "../../graph/ops/linear.js";
import type { matmulOperation } from "../../graph/ops/matmul.js";
import type { Call, Floats } from "./kernel.js";
import { lastOf } from "./kernel.js";

/** Sizes of a product C [M,N] = A [M,K] Bᵀ, with B as [N,K]. */
interface Product {
  M: number;
  N: number;
  K: number;
  /** Add to C instead of replacing it. */
  accumulate?: boolean;
  /** Where A, B and C begin in their arrays. */
  a0?: number;
  b0?: number;
  c0?: number;
  /** Elements from row to row; default: K, K and N. */
  lda?: number;
  ldb?: number;
  ldc?: number;
}

/**
 * C = A Bᵀ: both operands are read along their rows. Blocks of 4 x 4 results are kept in locals, so that each value that
 * is read serves four products; the columns of B are cut so that a block of them stays in the first cache.
 */
export function multiplyTransposed(a: Floats, b: Floats, c: Floats, product: Product): void {
  const { M, N, K, accumulate = false, a0 = 0, b0 = 0, c0 = 0, lda = K, ldb = K, ldc = N } = product;
  const band = Math.max(4, Math.min(N, Math.floor(4096 / K) * 4));
  for (let first = 0; first < N; first += band) {
    const end = Math.min(N, first + band);
    for (let m = 0; m < M; m += 4) {
      for (let n = first; n < end; n += 4) {
        if (m + 4 <= M && n + 4 <= end)
          block(a, b, c, { K, accumulate, lda, ldb, ldc, am: a0 + m * lda, bn: b0 + n * ldb, cm: c0 + m * ldc + n });
        else
          edge(a, b, c, {
            K,
            accumulate,
            a0,
            b0,
            c0,
            lda,
            ldb,
            ldc,
            m,
            n,
            mEnd: Math.min(M, m + 4),
            nEnd: Math.min(end, n + 4),
          });
      }
    }
  }
}

function block(
  a: Floats,
  b: Floats,
  c: Floats,
  at: { K: number; accumulate: boolean; lda: number; ldb: number; ldc: number; am: number; bn: number; cm: number },
): void {
  const { K, accumulate, lda, ldb, ldc, am, bn, cm } = at;
  let s00 = 0,
    s01 = 0,
    s02 = 0,
    s03 = 0,
    s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0;
  let s20 = 0,
    s21 = 0,
    s22 = 0,
    s23 = 0,
    s30 = 0,
    s31 = 0,
    s32 = 0,
    s33 = 0;
  for (let k = 0; k < K; k++) {
    const a0 = a[am + k] as number;
    const a1 = a[am + lda + k] as number;
    const a2 = a[am + 2 * lda + k] as number;
    const a3 = a[am + 3 * lda + k] as number;
    const b0 = b[bn + k] as number;
    const b1 = b[bn + ldb + k] as number;
    const b2 = b[bn + 2 * ldb + k] as number;
    const b3 = b[bn + 3 * ldb + k] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  const sums = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33];
  for (let i = 0; i < 16; i++) {
    const to = cm + (i >> 2) * ldc + (i & 3);
    c[to] = (accumulate ? (c[to] as number) : 0) + (sums[i] as number);
  }
}

function edge(
  a: Floats,
  b: Floats,
  c: Floats,
  at: Required<Pick<Product, "K" | "accumulate" | "a0" | "b0" | "c0" | "lda" | "ldb" | "ldc">> & {
    m: number;
    n: number;
    mEnd: number;
    nEnd: number;
  },
): void {
  for (let m = at.m; m < at.mEnd; m++) {
    for (let n = at.n; n < at.nEnd; n++) {
      let sum = 0;
      for (let k = 0; k < at.K; k++)
        sum += (a[at.a0 + m * at.lda + k] as number) * (b[at.b0 + n * at.ldb + k] as number);
      const to = at.c0 + m * at.ldc + n;
      c[to] = (at.accumulate ? (c[to] as number) : 0) + sum;
    }
  }
}

/** x [rows, columns] turned, for products that need it the other way round. */
export function transposed(x: Floats, rows: number, columns: number, into: Floats): Floats {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) into[c * rows + r] = x[r * columns + c] as number;
  return into;
}

export function matmul({ a, b, y, transposeA, transposeB, shapes, zeros }: Call<typeof matmulOperation>): void {
  const [rowsA, columnsA] = shapes.a as [number, number];
  const [rowsB, columnsB] = shapes.b as [number, number];
  const [M, K] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const N = transposeB ? rowsB : columnsB;
  multiplyTransposed(
    transposeA ? transposed(a, rowsA, columnsA, zeros(a.length)) : a,
    transposeB ? b : transposed(b, rowsB, columnsB, zeros(b.length)),
    y,
    { M, N, K },
  );
}

export function linear({ x, weight, bias, y, shapes }: Call<typeof linearOperation>): void {
  const [N = 1] = shapes.weight;
  const K = lastOf(shapes.weight);
  if (bias) for (let at = 0; at < y.length; at += N) y.set(bias, at);
  multiplyTransposed(x, weight, y, { M: x.length / K, N, K, accumulate: bias !== null });
}
