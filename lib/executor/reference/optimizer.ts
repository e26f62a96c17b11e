import { InputError } from "../../errors.js";
import { expectIds } from "./embedding.js";
import type { Floats, KernelCall } from "./kernel.js";
import { floatsOf, integersOf, optionalFloats, resultOf, shapeOf } from "./kernel.js";

export function globalNorm(call: KernelCall): void {
  let total = 0;
  call.operands.forEach((_, i) => {
    let squares = 0;
    for (const value of floatsOf(call, i)) squares += value * value;
    resultOf(call, 1)[i] = Math.sqrt(squares);
    total += squares;
  });
  resultOf(call, 0)[0] = Math.sqrt(total);
}

export function clipScale(call: KernelCall): void {
  const [norm, most] = [floatsOf(call, 0)[0] as number, floatsOf(call, 1)[0] as number];
  const scale = most > 0 ? Math.min(1, most / (norm + 1e-6)) : 1;
  resultOf(call, 0)[0] = Number.isFinite(norm) && !Number.isNaN(most) ? scale : Number.NaN;
}

/** Calls f for each weight with its gradient, unless the scale is NaN. The scalars follow the gradient. */
function update(
  call: KernelCall,
  options: { gradient: number; decay: number },
  f: (at: { i: number; w: Floats; g: number; learningRate: number }) => void,
): void {
  const w = floatsOf(call, 0);
  const gradient = floatsOf(call, options.gradient);
  const scale = floatsOf(call, options.gradient + 1)[0] as number;
  const learningRate = floatsOf(call, options.gradient + 2)[0] as number;
  if (Number.isNaN(scale)) return;
  for (let i = 0; i < w.length; i++) {
    f({ i, w, g: scale * (gradient[i] as number) + options.decay * (w[i] as number), learningRate });
  }
}

export function sgd(call: KernelCall): void {
  if (call.operands[5]) {
    sgdRows(call);
    return;
  }
  const [momentum, nesterov, decay] = call.attributes as [number, number, number];
  const velocity = optionalFloats(call, 4);
  update(call, { gradient: 1, decay }, ({ i, w, g, learningRate }) => {
    let step = g;
    if (velocity) {
      velocity[i] = momentum * (velocity[i] as number) + g;
      step = nesterov ? g + momentum * (velocity[i] as number) : (velocity[i] as number);
    }
    w[i] = (w[i] as number) - learningRate * step;
  });
}

/** The rows of a table that have a gradient; see sumRows. */
function sgdRows(call: KernelCall): void {
  const [w, gradient, ids] = [floatsOf(call, 0), floatsOf(call, 1), integersOf(call, 5)];
  const [V, E] = shapeOf(call, 0) as [number, number];
  const scale = floatsOf(call, 2)[0] as number;
  const learningRate = floatsOf(call, 3)[0] as number;
  expectIds("sgd", ids, { minimum: -1, V });
  if (Number.isNaN(scale)) return;
  for (const [row, id] of ids.entries()) {
    if (id < 0) continue;
    for (let e = 0; e < E; e++) {
      w[id * E + e] = (w[id * E + e] as number) - learningRate * scale * (gradient[row * E + e] as number);
    }
  }
}

export function adam(call: KernelCall): void {
  const [beta1, beta2, epsilon, decay, decoupled] = call.attributes as [number, number, number, number, number];
  const [m, v, t] = [floatsOf(call, 1), floatsOf(call, 2), floatsOf(call, 6)[0] as number];
  if (!(t >= 1)) throw new InputError(`adam: expected the step to be at least 1, got ${t}.`);
  update(call, { gradient: 3, decay: decoupled ? 0 : decay }, ({ i, w, g, learningRate }) => {
    if (decoupled) w[i] = (w[i] as number) * (1 - learningRate * decay);
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    const deviation = Math.sqrt(v[i] as number) / Math.sqrt(1 - beta2 ** t) + epsilon;
    w[i] = (w[i] as number) - ((learningRate / (1 - beta1 ** t)) * (m[i] as number)) / deviation;
  });
}

export function rmsprop(call: KernelCall): void {
  const [alpha, epsilon, momentum, decay] = call.attributes as [number, number, number, number];
  const [square, velocity] = [floatsOf(call, 1), optionalFloats(call, 2)];
  update(call, { gradient: 3, decay }, ({ i, w, g, learningRate }) => {
    square[i] = alpha * (square[i] as number) + (1 - alpha) * g * g;
    let step = g / (Math.sqrt(square[i] as number) + epsilon);
    if (velocity) {
      velocity[i] = momentum * (velocity[i] as number) + step;
      step = velocity[i] as number;
    }
    w[i] = (w[i] as number) - learningRate * step;
  });
}

export function adagrad(call: KernelCall): void {
  const [epsilon, decay] = call.attributes as [number, number];
  const square = floatsOf(call, 1);
  update(call, { gradient: 2, decay }, ({ i, w, g, learningRate }) => {
    square[i] = (square[i] as number) + g * g;
    w[i] = (w[i] as number) - (learningRate * g) / (Math.sqrt(square[i] as number) + epsilon);
  });
}

export function assign(call: KernelCall): void {
  const guard = optionalFloats(call, 2);
  if (guard && Number.isNaN(guard[0])) return;
  floatsOf(call, 0).set(floatsOf(call, 1));
}
