// The cost of an update on many machines, by simulation: node bench/cost.mjs --help
import { parseArgs } from "node:util";
import { bucketsOf, computeTimes, localSeconds, togetherSeconds } from "./ranks/simulation.mjs";
import { workloads } from "./workloads.mjs";

const help = `node bench/cost.mjs [options]
  --workload NAME    W1, W2 or W3 of workloads.mjs, whose batch each machine has to itself (W2)
  --seconds S        an update of one machine alone, as bench/ranks.mjs measures it (0.2)
  --share S          of the workload's batch that each machine has (1)
  --rates A,B        Gb/s that each machine sends, and receives (1,10,100); of them TCP carries 0.85
  --latency S        seconds from one machine to another (5e-5)
  --machines A,B     how many (2,4,8,16,32,64,128,256)
  --spread S         standard deviation of the logarithm of the machines' times for an update (0.03)
  --local-steps H    updates between two exchanges, where machines learn by themselves (50)
  --moments M        of the optimizer, which such an exchange sends too: 0 of SGD, 2 of Adam (0)
  --bucket-megabytes M  (4)

Prints tokens a second of all machines as a share of what they would make each by itself.
`;

const text = (initial) => ({ type: "string", default: initial });
const { values } = parseArgs({
  options: {
    ...{ workload: text("W2"), seconds: text("0.2"), share: text("1"), rates: text("1,10,100"), latency: text("5e-5") },
    ...{
      machines: text("2,4,8,16,32,64,128,256"),
      spread: text("0.03"),
      "local-steps": text("50"),
      moments: text("0"),
    },
    ...{ "bucket-megabytes": text("4"), help: { type: "boolean", default: false } },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

/** The numbers of an option. @throws Error for words that are none */
function numbers(option) {
  const list = values[option].split(",").map(Number);
  if (list.every((number) => number >= 0)) return list;
  throw new Error(`--${option}: expected numbers, got "${values[option]}".`);
}

/** Part of a link's rate that large messages reach, measured at 1 Gb/s. */
const carried = 0.85;
const [[H], [seconds], [latency], [spread], [moments], [megabytes], [share]] = [
  ...["local-steps", "seconds", "latency", "spread", "moments", "bucket-megabytes", "share"].map(numbers),
];
if (H < 1 || numbers("machines").some((count) => count < 1))
  throw new Error("--local-steps, --machines: expected 1 or more.");
if (!["W1", "W2", "W3"].includes(values.workload))
  throw new Error(`--workload: expected W1, W2 or W3, got "${values.workload}".`);
const whole = workloads[values.workload];
const workload = { ...whole, B: whole.B * share };
const bucketBytes = megabytes * 2 ** 20;
const parameters = bucketsOf(workload, bucketBytes).reduce((sum, { numbers }) => sum + numbers, 0);
/** Updates that each mean is of: enough for the slowest of 256, and whole stretches of local steps. */
const updates = H * Math.ceil(200 / H);

process.stdout.write(
  `${workload.name}: ${(parameters / 1e6).toFixed(1)} million parameters, ${seconds} s an update of one machine, ` +
    `${1e6 * latency} µs from one to another\n\n| machines | ${numbers("rates")
      .flatMap((rate) => [`${rate} Gb/s`, "bfloat16", `${H} local steps`])
      .join(" | ")} |\n|---:|${"---:|".repeat(3 * numbers("rates").length)}\n`,
);
for (const machines of numbers("machines")) {
  const times = computeTimes({ machines, seconds, spread, updates });
  const cells = numbers("rates").flatMap((gigabits) => {
    const network = { machines, bytesPerSecond: (carried * gigabits * 1e9) / 8, latency };
    const together = { workload, times, bucketBytes, network };
    return [
      togetherSeconds({ ...together, numberBytes: 4 }),
      togetherSeconds({ ...together, numberBytes: 2 }),
      localSeconds({ times, H, numbers: parameters * (1 + moments), network }),
    ];
  });
  process.stdout.write(
    `| ${machines} | ${cells.map((own) => `${Math.round((100 * seconds) / own)} %`).join(" | ")} |\n`,
  );
}
