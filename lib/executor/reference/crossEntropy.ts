import { expectIds } from "./embedding.js";
import type { Floats, KernelCall } from "./kernel.js";
import { floatsOf, integersOf, optionalFloats, resultOf, shapeOf } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { normalizer } from "./softmax.js";

export function linearCrossEntropy(call: KernelCall): void {
  const [x, weight, bias, targets] = [
    floatsOf(call, 0),
    floatsOf(call, 1),
    optionalFloats(call, 2),
    integersOf(call, 3),
  ];
  const [N, K] = shapeOf(call, 0) as [number, number];
  const [V] = shapeOf(call, 1) as [number];
  expectIds("linearCrossEntropy", targets, { minimum: -1, V });
  const losses = resultOf(call, 0);
  const normalizers = call.results[2]?.data;
  const logits = (call.results[3]?.data as Floats | undefined) ?? call.zeros(N * V);
  for (let n = 0; n < N; n++) bias ? logits.set(bias, n * V) : logits.fill(0, n * V, (n + 1) * V);
  multiplyTransposed(x, weight, logits, { M: N, N: V, K, accumulate: true });
  let count = 0;
  for (const [n, target] of targets.entries()) {
    const { largest, sum } = normalizer(logits, n * V, V);
    normalizers?.set([largest, sum], 2 * n);
    losses[n] = target < 0 ? 0 : largest - (logits[n * V + target] as number) + Math.log(sum);
    if (target >= 0) count += 1;
  }
  resultOf(call, 1)[0] = count;
}

export function linearCrossEntropyGradient(call: KernelCall): void {
  const [x, weight, targets] = [floatsOf(call, 0), floatsOf(call, 1), integersOf(call, 3)];
  const [normalizers, dlogits, dlosses] = [floatsOf(call, 4), floatsOf(call, 5), floatsOf(call, 6)];
  const [N, K] = shapeOf(call, 0) as [number, number];
  const [V] = shapeOf(call, 1) as [number];
  for (const [n, target] of targets.entries()) {
    const scale = target < 0 ? 0 : (dlosses[n] as number);
    const [largest, sum] = normalizers.subarray(2 * n) as unknown as [number, number];
    for (let v = 0; v < V; v++) {
      const probability = scale === 0 ? 0 : Math.exp((dlogits[n * V + v] as number) - largest) / sum;
      dlogits[n * V + v] = scale * (probability - (v === target ? 1 : 0));
    }
  }
  multiplyTransposed(dlogits, transposed(weight, V, K, call.zeros(V * K)), resultOf(call, 0), { M: N, N: K, K: V });
  const turned = transposed(dlogits, N, V, call.zeros(N * V));
  multiplyTransposed(turned, transposed(x, N, K, call.zeros(N * K)), resultOf(call, 1), { M: V, N: K, K: N });
  const dbias = call.results[2]?.data;
  if (!dbias) return;
  for (let v = 0; v < V; v++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += turned[v * N + n] as number;
    dbias[v] = sum;
  }
}
