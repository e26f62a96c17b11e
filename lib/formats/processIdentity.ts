import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process and where it runs: enough for another one to find out later whether it has ended. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /**
   * The boot of the system and the namespace of its process numbers (containers have one each); "" off Linux.
   */
  readonly place: string;
  /**
   * When it started, in the system's own unit; null where the system does not say. A pid is used again, not
   * at that time.
   */
  readonly started: string | null;
}

export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    place: placeOfProcesses(),
    started: statusOf(process.pid)?.started ?? null,
  };
}

/** Whether a process has ended; null where this process cannot find out. */
export function hasEnded({ pid, host, place, started }: ProcessIdentity): boolean | null {
  if (host !== hostname() || place !== placeOfProcesses()) return null;
  if (!exists(pid)) return true;
  const status = statusOf(pid);
  if (!status || started === null) return null;
  return status.dead || status.started !== started;
}

/** Whether there is a process of that number here. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Eight hexadecimal digits that differ between machines, boots and containers. */
export function placeDigest(): string {
  return createHash("sha256").update(`${hostname()}\n${placeOfProcesses()}`).digest("hex").slice(0, 8);
}

function placeOfProcesses(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/**
 * From /proc/PID/stat (proc_pid_stat(5)): field 3 is the state, field 22 the start in clock ticks since the
 * boot.
 */
function statusOf(pid: number): { started: string; dead: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Field 2, the name, may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, started] = [fields[0] as string, fields[19] as string];
    return { started, dead: "ZX".includes(state) };
  } catch {
    return null;
  }
}
