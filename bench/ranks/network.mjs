import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = "10.77.0";

function run(command, ...words) {
  const { status, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/**
 * Network namespaces on one machine, each with an address of its own. All that one sends, and is sent, is held to a rate: by the kernel, or, with a
 * delay, by a program, since not every kernel has netem.
 */
export class Network {
  names;
  #rate;
  #delay;
  #link;
  #agent = join(tmpdir(), `ostinato-ranks-${process.pid}.sh`);

  /** @param count of namespaces @param rate Mbit/s @param delay milliseconds each way, 0 for none */
  constructor(count, rate, delay) {
    this.names = Array.from({ length: count }, (_, i) => `ostinato${i}`);
    this.#rate = rate;
    this.#delay = delay;
  }

  address(i) {
    return `${folder}.${i + 1}`;
  }

  async up() {
    for (const name of this.names) run("ip", "netns", "add", name);
    if (this.#delay > 0) await this.#join();
    else this.#bridge();
    for (const [i, name] of this.names.entries()) {
      for (const words of [
        ["addr", "add", `${this.address(i)}/24`, "dev", "eth0"],
        ["link", "set", "eth0", "up"],
        ["link", "set", "lo", "up"],
      ])
        run("ip", "-n", name, ...words);
    }
    // In place of ssh: the name of a machine is its address here, the rest what it is to run.
    const script = `#!/bin/sh\nhost=$1; shift\nname=ostinato$(( \${host##*.} - 1 ))\nexec ip netns exec $name unshare --uts sh -c "hostname $name; $*"\n`;
    writeFileSync(this.#agent, script, { mode: 0o755 });
  }

  /** Joins the namespaces by a bridge. */
  #bridge() {
    run("ip", "link", "add", "ostinato", "type", "bridge");
    run("ip", "link", "set", "ostinato", "up");
    for (const name of this.names) {
      run("ip", "link", "add", `${name}b`, "type", "veth", "peer", "name", "eth0", "netns", name);
      run("ip", "link", "set", `${name}b`, "master", "ostinato");
      run("ip", "link", "set", `${name}b`, "up");
      // Both directions: what the namespace sends, and what is sent to it.
      const limit = ["root", "tbf", "rate", `${this.#rate}mbit`, "burst", "256k", "latency", "50ms"];
      run("tc", "-n", name, "qdisc", "add", "dev", "eth0", ...limit);
      run("tc", "qdisc", "add", "dev", `${name}b`, ...limit);
    }
  }

  /** Joins the namespaces by a program that holds frames back. */
  async #join() {
    const devices = this.names.map((name) => `${name}b`);
    const words = [
      fileURLToPath(new URL("link.py", import.meta.url)),
      String(this.#rate * 1e6),
      String(this.#delay / 1000),
    ];
    this.#link = spawn("python3", [...words, ...devices], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(this.#link, "exit").then(() => {
      throw new Error("link.py ended before its devices were there");
    });
    await Promise.race([once(this.#link.stdout, "data"), ended]);
    ended.catch(() => {});
    for (const [i, name] of this.names.entries()) {
      run("ip", "link", "set", devices[i], "netns", name, "name", "eth0");
    }
  }

  down() {
    this.#link?.kill();
    for (const name of this.names) {
      // The namespace itself lives on while a process is left in it.
      spawnSync("ip", ["link", "del", `${name}b`]);
      spawnSync("ip", ["netns", "del", name]);
    }
    spawnSync("ip", ["link", "del", "ostinato"]);
    rmSync(this.#agent, { force: true });
  }

  /** The command within one of the namespaces. */
  within(i, command) {
    return ["ip", "netns", "exec", this.names[i], ...command];
  }

  /** Words for mpirun: a rank in each namespace. */
  hosts() {
    const all = this.names.map((_, i) => `${this.address(i)}:1`);
    const through = ["oob_tcp_if_include", "btl_tcp_if_include"].flatMap((name) => ["--mca", name, `${folder}.0/24`]);
    return [
      ...[
        "--bind-to",
        "none",
        "--host",
        all.join(","),
        "-n",
        String(all.length),
        "--mca",
        "plm_rsh_agent",
        this.#agent,
      ],
      ...through,
    ];
  }
}
