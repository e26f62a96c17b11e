import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../data/temporaryFolder.js";

/** A disk of `kilobytes` KiB for the running test; null where this user may not mount one. */
export async function smallDisk(kilobytes: number): Promise<string | null> {
  const folder = join(await temporaryFolder());
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "ostinato-test", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}
