import { constants } from "node:os";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { exitCodeOf, interruptible, untilInterrupted } from "../../lib/cli/interrupt.js";

const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);

beforeEach(() => {
  exit.mockClear();
  const before = process.exitCode;
  onTestFinished(() => {
    process.exitCode = before;
  });
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s stops the work, and another one a second later ends the process at once, with the code that shells expect",
  (name) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { signal, stoppedBy, done } = interruptible();
    onTestFinished(done);
    expect([signal.aborted, stoppedBy()]).toEqual([false, null]);
    process.emit(name, name);
    expect([signal.aborted, stoppedBy()]).toEqual([true, name]);
    expect(exit).not.toHaveBeenCalled();
    // The same Ctrl-C, by way of npx.
    vi.advanceTimersByTime(999);
    process.emit("SIGTERM", "SIGTERM");
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    process.emit("SIGTERM", "SIGTERM");
    expect(exit.mock.calls).toEqual([[128 + constants.signals.SIGTERM]]);
  },
);

test("a reader of the output that leaves stops the work once, however often the output says so", () => {
  const { signal, stoppedBy, done } = interruptible();
  onTestFinished(done);
  for (const stream of [process.stdout, process.stderr, process.stdout]) {
    stream.emit("error", Object.assign(new Error("left"), { code: "EPIPE" }));
  }
  expect([signal.aborted, stoppedBy()]).toEqual([true, "SIGPIPE"]);
  expect(exit).not.toHaveBeenCalled();
});

test("output that cannot be written stops the work; notes that cannot do not", () => {
  const { signal, stoppedBy, done } = interruptible();
  onTestFinished(done);
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  process.stderr.emit("error", full);
  expect([signal.aborted, stoppedBy()]).toEqual([false, null]);
  process.stdout.emit("error", full);
  expect([signal.aborted, stoppedBy(), exitCodeOf("output")]).toEqual([true, "output", 1]);
});

test("work that is done hears no signal", () => {
  const before = ["SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
  const { done } = interruptible();
  done();
  expect(["SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name))).toEqual(before);
});

test("a signal sets the exit code whatever error the work then runs into, and other errors go on", async () => {
  const stopped = vi.fn();
  await untilInterrupted(async () => {
    process.emit("SIGHUP", "SIGHUP");
    throw new Error("a stream was closed");
  }, stopped);
  expect(process.exitCode).toBe(exitCodeOf("SIGHUP"));
  expect(stopped).toHaveBeenCalledTimes(1);
  await expect(
    untilInterrupted(async () => {
      throw new Error("no such file");
    }, stopped),
  ).rejects.toThrow("no such file");
  expect(stopped).toHaveBeenCalledTimes(1);
});
