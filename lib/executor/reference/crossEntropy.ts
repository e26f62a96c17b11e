import type {
  linearCrossEntropyGradient as gradientOperation,
  linearCrossEntropyOperation,
} from "../../graph/ops/crossEntropy.js";
import { expectTargets } from "./embedding.js";
import type { Call } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { normalizer } from "./softmax.js";

export function linearCrossEntropy(call: Call<typeof linearCrossEntropyOperation>): void {
  const { x, weight, bias, targets, losses, count, normalizers, shapes, zeros } = call;
  const [N, K] = shapes.x as [number, number];
  const [V] = shapes.weight as [number];
  expectTargets("linearCrossEntropy", targets, V);
  const logits = call.logits ?? zeros(N * V);
  for (let n = 0; n < N; n++) bias ? logits.set(bias, n * V) : logits.fill(0, n * V, (n + 1) * V);
  multiplyTransposed(x, weight, logits, { M: N, N: V, K, accumulate: true });
  let targetCount = 0;
  for (const [n, target] of targets.entries()) {
    const { largest, sum } = normalizer(logits, n * V, V);
    normalizers?.set([largest, sum], 2 * n);
    losses[n] = target < 0 ? 0 : largest - (logits[n * V + target] as number) + Math.log(sum);
    if (target >= 0) targetCount += 1;
  }
  count[0] = targetCount;
}

export function linearCrossEntropyGradient(call: Call<typeof gradientOperation>): void {
  const { x, weight, targets, normalizers, logits: dlogits, dlosses, dx, dweight, dbias, shapes, zeros } = call;
  const [N, K] = shapes.x as [number, number];
  const [V] = shapes.weight as [number];
  for (const [n, target] of targets.entries()) {
    const scale = target < 0 ? 0 : (dlosses[n] as number);
    const [largest, sum] = normalizers.subarray(2 * n) as unknown as [number, number];
    for (let v = 0; v < V; v++) {
      const probability = scale === 0 ? 0 : Math.exp((dlogits[n * V + v] as number) - largest) / sum;
      dlogits[n * V + v] = scale * (probability - (v === target ? 1 : 0));
    }
  }
  multiplyTransposed(dlogits, transposed(weight, V, K, zeros(V * K)), dx, { M: N, N: K, K: V });
  const turned = transposed(dlogits, N, V, zeros(N * V));
  multiplyTransposed(turned, transposed(x, N, K, zeros(N * K)), dweight, { M: V, N: K, K: N });
  if (!dbias) return;
  for (let v = 0; v < V; v++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += turned[v * N + n] as number;
    dbias[v] = sum;
  }
}
