import type {
  convolutionInputGradient as convolutionInputGradientOperation,
  convolutionOperation,
  convolutionWeightGradient as convolutionWeightGradientOperation,
} from "../../graph/ops/convolution.js";
import type { Shape } from "../../graph/program.js";
import type { Call, Floats } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";

/** Images, their patches and filters in numbers. */
class Windows {
  readonly images: number;
  /** Floats of an image, patches of an image, floats of a patch, filters. */
  readonly image: number;
  readonly patches: number;
  readonly K: number;
  readonly O: number;
  /** For each float of an image's patches the float of the image, -1 in the padding. */
  readonly #places: Int32Array;

  constructor(
    { x, weight, y }: Record<"x" | "weight" | "y", Shape>,
    { stride, padding }: { stride: number; padding: number },
  ) {
    const [B, H, W, C] = x as [number, number, number, number];
    const [O, size] = weight as [number, number];
    const [, R, Q] = y as [number, number, number];
    this.images = B;
    this.image = H * W * C;
    this.patches = R * Q;
    this.K = size * size * C;
    this.O = O;
    this.#places = Int32Array.from({ length: R * Q * this.K }, (_, i) => {
      const [patch, pixel, channel] = [Math.floor(i / this.K), Math.floor((i % this.K) / C), i % C];
      const row = Math.floor(patch / Q) * stride - padding + Math.floor(pixel / size);
      const column = (patch % Q) * stride - padding + (pixel % size);
      return row >= 0 && row < H && column >= 0 && column < W ? (row * W + column) * C + channel : -1;
    });
  }

  /** rows [patches,K] = the patches of an image. */
  gather(image: Floats, rows: Floats): Floats {
    this.#places.forEach((place, i) => {
      rows[i] = place < 0 ? 0 : (image[place] as number);
    });
    return rows;
  }

  /** Adds rows [patches,K] to the pixels of an image. */
  scatter(rows: Floats, image: Floats): void {
    this.#places.forEach((place, i) => {
      if (place >= 0) image[place] = (image[place] as number) + (rows[i] as number);
    });
  }

  /** Image b of x. */
  imageOf(x: Floats, b: number): Floats {
    return x.subarray(b * this.image, (b + 1) * this.image);
  }

  /** Its rows of y, [patches,O]. */
  rowsOf(y: Floats, b: number): Floats {
    return y.subarray(b * this.patches * this.O, (b + 1) * this.patches * this.O);
  }
}

export function convolution({ x, weight, bias, y, shapes, zeros, ...window }: Call<typeof convolutionOperation>): void {
  const windows = new Windows(shapes, window);
  const { images, patches: M, K, O: N } = windows;
  if (bias) for (let at = 0; at < y.length; at += N) y.set(bias, at);
  const rows = zeros(M * K);
  for (let b = 0; b < images; b++) {
    const patches = windows.gather(windows.imageOf(x, b), rows);
    multiplyTransposed(patches, weight, windows.rowsOf(y, b), { M, N, K, accumulate: bias !== null });
  }
}

export function convolutionInputGradient(call: Call<typeof convolutionInputGradientOperation>): void {
  const { dy, weight, dx, shapes, zeros } = call;
  const windows = new Windows({ x: shapes.dx, weight: shapes.weight, y: shapes.dy }, call);
  const { images, patches: M, K: N, O: K } = windows;
  const byPixel = transposed(weight, K, N, zeros(weight.length));
  const rows = zeros(M * N);
  dx.fill(0);
  for (let b = 0; b < images; b++) {
    multiplyTransposed(windows.rowsOf(dy, b), byPixel, rows, { M, N, K });
    windows.scatter(rows, windows.imageOf(dx, b));
  }
}

export function convolutionWeightGradient(call: Call<typeof convolutionWeightGradientOperation>): void {
  const { x, dy, dweight, shapes, zeros } = call;
  const windows = new Windows({ x: shapes.x, weight: shapes.dweight, y: shapes.dy }, call);
  const { images, patches: K, K: N, O: M } = windows;
  const [rows, byPixel, byFilter] = [zeros(K * N), zeros(K * N), zeros(K * M)];
  dweight.fill(0);
  for (let b = 0; b < images; b++) {
    transposed(windows.gather(windows.imageOf(x, b), rows), K, N, byPixel);
    transposed(windows.rowsOf(dy, b), K, M, byFilter);
    multiplyTransposed(byFilter, byPixel, dweight, { M, N, K, accumulate: true });
  }
}
