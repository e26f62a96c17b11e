import type {
  affineOperation,
  Binary,
  clampGradient as clampGradientOperation,
  clampOperation,
  FromOutput,
  Unary,
} from "../../graph/ops/elementwise.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";

/** For each element of `result`, the element of an operand that is broadcast to it. */
export function broadcastIndex(operand: Shape, result: Shape): Int32Array {
  const steps: number[] = [];
  let step = 1;
  for (let i = result.length - 1; i >= 0; i--) {
    const size = operand[i - result.length + operand.length] ?? 1;
    steps[i] = size === 1 ? 0 : step;
    step *= size;
  }
  let count = 1;
  for (const size of result) count *= size;
  const index = new Int32Array(count);
  for (let e = 0; e < count; e++) {
    let rest = e;
    let at = 0;
    for (let i = result.length - 1; i >= 0; i--) {
      const size = result[i] as number;
      at += (rest % size) * (steps[i] as number);
      rest = Math.floor(rest / size);
    }
    index[e] = at;
  }
  return index;
}

function binary(f: (a: number, b: number) => number) {
  return ({ a, b, y, shapes }: Call<Binary>): void => {
    if (a.length === y.length && b.length === y.length) {
      for (let i = 0; i < y.length; i++) y[i] = f(a[i] as number, b[i] as number);
      return;
    }
    const [atA, atB] = [broadcastIndex(shapes.a, shapes.y), broadcastIndex(shapes.b, shapes.y)];
    for (let i = 0; i < y.length; i++) y[i] = f(a[atA[i] as number] as number, b[atB[i] as number] as number);
  };
}

function unary(f: (x: number) => number) {
  return ({ x, y }: Pick<Call<Unary>, "x" | "y">): void => {
    for (let i = 0; i < y.length; i++) y[i] = f(x[i] as number);
  };
}

/** dx from what the op gave and dy. */
function fromOutput(f: (y: number, dy: number) => number) {
  return ({ y, dy, dx }: Call<FromOutput>): void => {
    for (let i = 0; i < dx.length; i++) dx[i] = f(y[i] as number, dy[i] as number);
  };
}

export function sigmoidOf(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export const add = binary((a, b) => a + b);
export const subtract = binary((a, b) => a - b);
export const multiply = binary((a, b) => a * b);
export const divide = binary((a, b) => a / b);
export const exp = unary(Math.exp);
export const log = unary(Math.log);
export const sqrt = unary(Math.sqrt);
export const square = unary((x) => x * x);
export const tanh = unary(Math.tanh);
export const sigmoid = unary(sigmoidOf);
export const relu = unary((x) => Math.max(x, 0));
export const tanhGradient = fromOutput((y, dy) => dy * (1 - y * y));
export const sigmoidGradient = fromOutput((y, dy) => dy * y * (1 - y));
export const reluGradient = fromOutput((y, dy) => (y > 0 ? dy : 0));

export function affine({ scale, shift, ...call }: Call<typeof affineOperation>): void {
  unary((x) => scale * x + shift)(call);
}

export function clampGradient({ x, dy, dx, dlimit, ...call }: Call<typeof clampGradientOperation>): void {
  const limit = call.limit[0] as number;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const [value, slope] = [x[i] as number, dy[i] as number];
    if (dx) dx[i] = Math.abs(value) <= limit ? slope : 0;
    if (Math.max(value, -limit) > limit) sum += slope;
    else if (value < -limit) sum -= slope;
  }
  if (dlimit) dlimit[0] = sum;
}

export function clamp(call: Call<typeof clampOperation>): void {
  const limit = call.limit[0] as number;
  unary((x) => Math.min(Math.max(x, -limit), limit))(call);
}
