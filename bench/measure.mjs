import { opponents } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";
import { median, summary } from "./statistics.mjs";
import { flopsPerToken, workloads } from "./workloads.mjs";

/**
 * Measures opponents on one workload, each in a process of its own. They take turns in short rounds, in changing order,
 * so that whatever else the machine does meanwhile falls on all of them.
 *
 * @param {object} options
 * @param {string} options.workload
 * @param {readonly string[]} options.names opponents; the others are compared with "native"
 * @param {number} options.seconds for each opponent, over all rounds; every round makes at least one step
 * @param {number} options.rounds
 * @param {number} options.threads
 * @param {string} options.python
 * @param {boolean} options.full whole windows for the slow opponents too
 * @param {(text: string) => void} options.report told what happens
 * @returns {Promise<object[]>} one row for each opponent
 */
export async function measure({ workload, names, seconds, rounds, threads, python, full, report }) {
  const running = [];
  const failed = [];
  const fail = ({ name, process }, error) => {
    process.stop();
    failed.push({ workload, opponent: name, unavailable: error.message });
    report(`${workload} ${name}: not measured: ${error.message}`);
  };
  try {
    for (const name of names) {
      const T = (full ? undefined : opponents[name].windows?.[workload]) ?? workloads[workload].T;
      const contestant = {
        name,
        T,
        process: new OpponentProcess(opponents[name].start({ workload, T, threads, python })),
      };
      try {
        const ready = await contestant.process.ready();
        running.push({ ...contestant, ready, rounds: [] });
        report(
          `${workload} ${name}: ${ready.settings}; first step ${(ready.firstStepMilliseconds / 1000).toFixed(2)} s`,
        );
      } catch (error) {
        fail(contestant, error);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const contestant of round % 2 === 0 ? [...running] : [...running].reverse()) {
        try {
          contestant.rounds.push(await contestant.process.round(seconds / rounds));
        } catch (error) {
          running.splice(running.indexOf(contestant), 1);
          fail(contestant, error);
        }
      }
      const standing = running.map(({ name, T, rounds: done }) => {
        return `${name} ${speed(workload, T, median(done.at(-1).milliseconds)).toPrecision(4)}`;
      });
      report(`${workload} round ${round + 1} of ${rounds}, tokens/s: ${standing.join(", ")}`);
    }
  } finally {
    for (const { process } of running) process.stop();
  }
  const native = running.find(({ name }) => name === "native");
  return [...running.map((contestant) => row(workload, contestant, native)), ...failed];
}

function row(workload, { name, T, ready, rounds }, native) {
  const milliseconds = summary(rounds.flatMap((round) => round.milliseconds));
  const tokensPerSecond = speed(workload, T, milliseconds.median);
  return {
    workload,
    opponent: name,
    settings: ready.settings,
    window: T,
    milliseconds,
    tokensPerSecond,
    gigaflops: (tokensPerSecond * flopsPerToken(workloads[workload])) / 1e9,
    loss: { first: ready.firstLoss, last: rounds.at(-1).loss },
    ...(native && native.name !== name ? { nativeIsFaster: ratios(workload, native, { T, rounds }) } : {}),
  };
}

/** Speed of native over that of the opponent, round by round: what slows both down in a round cancels out. */
function ratios(workload, native, other) {
  const each = native.rounds.map((round, i) => {
    const own = speed(workload, native.T, median(round.milliseconds));
    return own / speed(workload, other.T, median(other.rounds[i].milliseconds));
  });
  return { median: median(each), lowest: Math.min(...each), highest: Math.max(...each) };
}

function speed(workload, T, milliseconds) {
  return (1000 * T * workloads[workload].B) / milliseconds;
}
