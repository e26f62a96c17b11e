import { InputError } from "../../errors.js";
import type { assignOperation } from "../../graph/ops/assign.js";
import type {
  adagradOperation,
  adamOperation,
  approachOperation,
  clipScaleOperation,
  globalNormOperation,
  rmspropOperation,
  sgdOperation,
} from "../../graph/ops/optimizer.js";
import { expectIds } from "./embedding.js";
import type { Call, Floats } from "./kernel.js";

export function globalNorm({ gradients, norm, norms }: Call<typeof globalNormOperation>): void {
  let total = 0;
  gradients.forEach((gradient, i) => {
    let squares = 0;
    for (const value of gradient) squares += value * value;
    norms[i] = Math.sqrt(squares);
    total += squares;
  });
  norm[0] = Math.sqrt(total);
}

export function clipScale(call: Call<typeof clipScaleOperation>): void {
  const [norm, limit] = [call.norm[0] as number, call.maxNorm[0] as number];
  const scale = limit > 0 ? Math.min(1, limit / (norm + 1e-6)) : 1;
  call.scale[0] = Number.isFinite(norm) && !Number.isNaN(limit) ? scale : Number.NaN;
}

/** Calls f for each weight with its gradient, unless the scale is NaN. */
function update(
  { weight: w, gradient, ...scalars }: Record<"weight" | "gradient" | "scale" | "learningRate", Floats>,
  decay: number,
  f: (at: { i: number; w: Floats; g: number; learningRate: number }) => void,
): void {
  const [scale, learningRate] = [scalars.scale[0] as number, scalars.learningRate[0] as number];
  if (Number.isNaN(scale)) return;
  for (let i = 0; i < w.length; i++) {
    f({ i, w, g: scale * (gradient[i] as number) + decay * (w[i] as number), learningRate });
  }
}

export function sgd(call: Call<typeof sgdOperation>): void {
  const { ids, velocity, momentum, nesterov, weightDecay } = call;
  if (ids) {
    sgdRows(call, ids);
    return;
  }
  update(call, weightDecay, ({ i, w, g, learningRate }) => {
    let step = g;
    if (velocity) {
      velocity[i] = momentum * (velocity[i] as number) + g;
      step = nesterov ? g + momentum * (velocity[i] as number) : (velocity[i] as number);
    }
    w[i] = (w[i] as number) - learningRate * step;
  });
}

/** The rows of a table that have a gradient; see sumRows. */
function sgdRows({ weight: w, gradient, shapes, ...scalars }: Call<typeof sgdOperation>, ids: Int32Array): void {
  const [V, E] = shapes.weight as [number, number];
  const [scale, learningRate] = [scalars.scale[0] as number, scalars.learningRate[0] as number];
  expectIds("sgd", ids, { minimum: -1, V });
  if (Number.isNaN(scale)) return;
  for (const [row, id] of ids.entries()) {
    if (id < 0) continue;
    for (let e = 0; e < E; e++) {
      w[id * E + e] = (w[id * E + e] as number) - learningRate * scale * (gradient[row * E + e] as number);
    }
  }
}

export function adam(call: Call<typeof adamOperation>): void {
  const { m, v, beta1, beta2, epsilon, weightDecay, decoupled } = call;
  const t = call.step[0] as number;
  if (!(t >= 1)) throw new InputError(`adam: expected the step to be at least 1, got ${t}.`);
  update(call, decoupled ? 0 : weightDecay, ({ i, w, g, learningRate }) => {
    if (decoupled) w[i] = (w[i] as number) * (1 - learningRate * weightDecay);
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    const deviation = Math.sqrt(v[i] as number) / Math.sqrt(1 - beta2 ** t) + epsilon;
    w[i] = (w[i] as number) - ((learningRate / (1 - beta1 ** t)) * (m[i] as number)) / deviation;
  });
}

export function rmsprop(call: Call<typeof rmspropOperation>): void {
  const { square, velocity, alpha, epsilon, momentum, weightDecay } = call;
  update(call, weightDecay, ({ i, w, g, learningRate }) => {
    square[i] = alpha * (square[i] as number) + (1 - alpha) * g * g;
    let step = g / (Math.sqrt(square[i] as number) + epsilon);
    if (velocity) {
      velocity[i] = momentum * (velocity[i] as number) + step;
      step = velocity[i] as number;
    }
    w[i] = (w[i] as number) - learningRate * step;
  });
}

export function adagrad(call: Call<typeof adagradOperation>): void {
  const { square, epsilon, weightDecay } = call;
  update(call, weightDecay, ({ i, w, g, learningRate }) => {
    square[i] = (square[i] as number) + g * g;
    w[i] = (w[i] as number) - (learningRate * g) / (Math.sqrt(square[i] as number) + epsilon);
  });
}

export function approach({ variable, target, ...call }: Call<typeof approachOperation>): void {
  const share = call.share[0] as number;
  if (!(share >= 0 && share <= 1)) throw new InputError(`approach: expected a share from 0 to 1, got ${share}.`);
  if (Number.isNaN(call.scale[0]) || share === 0) return;
  for (let i = 0; i < variable.length; i++) {
    const [from, to] = [variable[i] as number, target[i] as number];
    variable[i] = share === 1 ? to : from + share * (to - from);
  }
}

export function assign({ variable, x, guard }: Call<typeof assignOperation>): void {
  if (guard && Number.isNaN(guard[0])) return;
  variable.set(x);
}
