import { expect, test } from "vitest";
import { teacherForcing } from "../../lib/train/teacherForcing.js";

test("the schedules are those of Bengio et al. (2015)", () => {
  const rates = (rule: string | number, ...steps: number[]) => steps.map((step) => teacherForcing(rule).rate(step));
  expect(rates(1, 0, 1e6)).toEqual([1, 1]);
  expect(rates("0.75", 0, 9)).toEqual([0.75, 0.75]);
  expect(rates("constant:0", 3)).toEqual([0]);
  expect(rates("linear:1:0.25:100", 0, 50, 100, 1e9)).toEqual([1, 0.625, 0.25, 0.25]);
  expect(rates("exponential:0.5", 0, 1, 3)).toEqual([1, 0.5, 0.125]);
  const k = 20;
  const steps = [0, 10, 60, 200];
  for (const [i, rate] of rates("inverse-sigmoid:20", ...steps).entries()) {
    expect(rate).toBeCloseTo(k / (k + Math.exp((steps[i] as number) / k)), 12);
  }
  expect(rates("inverse-sigmoid:1", 1e9)[0]).toBeCloseTo(0, 12);
  expect([teacherForcing("linear:1:0.25:100").name, teacherForcing(0.5).name]).toEqual(["linear:1:0.25:100", "0.5"]);
});

test("a rule that is none says what rules there are", () => {
  for (const rule of [
    "",
    "half",
    "linear:1:0.5",
    "exponential:",
    "1:2",
    "inverse-sigmoid:x",
    "linear::0:5",
    "linear: :0:5",
  ]) {
    expect(() => teacherForcing(rule), rule).toThrow(/expected a share \(1, 0.75\), linear:<from>:<to>:<updates>/);
  }
  for (const rule of [
    "1.5",
    "-0.1",
    "linear:2:0:5",
    "linear:1:0:0",
    "exponential:1",
    "exponential:0",
    "inverse-sigmoid:0.5",
  ]) {
    expect(() => teacherForcing(rule), rule).toThrow(/teacherForcing: expected/);
  }
});
