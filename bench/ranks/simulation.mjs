// The time of an update of a language model on N machines, event by event: buckets are exchanged in their order, each
// when all machines have it and the one before is through; the machines' own times are drawn.

/** Share of an update before the backward pass, in it, and after it, of one machine alone (W1 to W3, by `ostinato profile`). */
const shares = { forward: 0.32, backward: 0.64, update: 0.04 };
/** Bytes a second that one thread reads or writes, where it adds, rounds or looks through a gradient. */
const passingBytesPerSecond = 8e9;
/** Seconds that a message costs the thread that sends and receives it. */
const messageSeconds = 3e-6;
/** Loss, counts and wishes, which go with the last bucket, or after it where gradients are rounded. */
const otherNumbers = 4;

/**
 * Times of machines, [updates][machines] in seconds: exp of normal numbers, with the given mean.
 * @param spread standard deviation of the logarithm
 */
export function computeTimes({ machines, seconds, spread, updates }) {
  const normal = normalNumbers(20_251_129);
  const draw = () => seconds * Math.exp(spread * normal() - spread ** 2 / 2);
  return Array.from({ length: updates }, () => Array.from({ length: machines }, draw));
}

/** Mean seconds of an update that machines make together. `numberBytes`: 4, or 2 where bfloat16 is sent. */
export function togetherSeconds({ workload, times, bucketBytes, numberBytes, network }) {
  const buckets = bucketsOf(workload, bucketBytes, numberBytes === 2);
  const updates = times.map((seconds) => {
    const slowest = Math.max(...seconds);
    let through = 0;
    for (const { ready, numbers, rows } of buckets) {
      const begin = Math.max(through, slowest * (shares.forward + shares.backward * ready));
      through = begin + sumSeconds({ numbers, rows, numberBytes, network });
    }
    return Math.max(through, slowest * (shares.forward + shares.backward)) + slowest * shares.update;
  });
  return mean(updates);
}

/** Mean seconds of an update where machines learn by themselves, and exchange some numbers, as one sum, after every H updates. */
export function localSeconds({ times, H, numbers, network }) {
  const exchanges = Math.floor(times.length / H);
  let seconds = 0;
  for (let i = 0; i < exchanges; i++) {
    const own = times.slice(i * H, (i + 1) * H);
    const sums = own[0].map((_, machine) => own.reduce((sum, update) => sum + update[machine], 0));
    seconds += Math.max(...sums) + sumSeconds({ numbers, numberBytes: 4, network });
  }
  return seconds / (exchanges * H);
}

/** Seconds of one sum: two exchanges with all others, or, where that is fewer bytes, one of the rows that are not 0, whose count goes before. */
function sumSeconds({ numbers, rows, numberBytes, network: { machines, bytesPerSecond, latency } }) {
  if (machines === 1) return 0;
  const others = machines - 1;
  const exchange = (bytes) => latency + others * messageSeconds + bytes / bytesPerSecond;
  const pass = (bytes) => bytes / passingBytesPerSecond;
  const all = numbers * numberBytes;
  // Numbers that are rounded are read and written, once to be sent and once when they have come.
  const rounding = numberBytes === 2 ? 2 * pass(4 * numbers + all) : 0;
  let counting = 0;
  if (rows) {
    const own = rows.count * (4 + rows.width * numberBytes);
    counting = exchange(0) + pass(all);
    if (own * machines < 2 * all) {
      const adding = pass(all) + pass(4 * numbers) + pass(2 * own * machines);
      return rounding + counting + exchange(own * others) + adding;
    }
  }
  return rounding + counting + 2 * exchange((all * others) / machines) + pass(2 * all);
}

/**
 * Buckets in the order in which they are sent, as lib/train/reduction.ts makes them: what is in each, and the part of the backward pass
 * after which it is ready, by the products that are made until then.
 */
export function bucketsOf({ V, E, H, layers, B, T }, bucketBytes, rounded = false) {
  // Each token of a batch is a row of the table's gradient, at most.
  const table = { numbers: V * E, work: 0, rows: { count: Math.min(V, B * T), width: E } };
  const layer = (input) => [
    { numbers: 4 * H * input, work: 4 * H * input },
    { numbers: 4 * H * H, work: 4 * H * H },
    { numbers: 8 * H, work: 0 },
  ];
  const parameters = [
    table,
    ...Array.from({ length: layers }, (_, i) => layer(i === 0 ? E : H)).flat(),
    { numbers: V * H, work: V * H },
    { numbers: V, work: 0 },
  ];
  const work = parameters.reduce((sum, parameter) => sum + parameter.work, 0);
  const buckets = [];
  let [numbers, done] = [0, 0];
  const send = (rows) => {
    if (numbers > 0) buckets.push({ numbers, ready: done / work, rows });
    numbers = 0;
  };
  for (const parameter of parameters.toReversed()) {
    const own = parameter.rows && 4 * parameter.numbers >= bucketBytes;
    if (own) send();
    numbers += parameter.numbers;
    done += parameter.work;
    if (own) send(parameter.rows);
    else if (4 * numbers >= bucketBytes) send();
  }
  if (rounded) send();
  numbers += otherNumbers;
  send();
  return buckets;
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Numbers of mean 0 and standard deviation 1 (Box & Muller 1958), from Park & Miller's generator. */
function normalNumbers(seed) {
  let state = seed;
  const draw = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return () => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
}
