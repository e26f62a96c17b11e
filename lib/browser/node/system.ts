/** node:os, and the global process: a page is one process, alone on its machine. */
export const process = {
  pid: 1,
  platform: "browser",
  arch: "wasm",
  version: "",
  cwd: () => "/",
  kill: () => true,
  once: () => {},
  off: () => {},
};

export const constants = {};

export function hostname(): string {
  return "browser";
}

export function tmpdir(): string {
  return "/tmp";
}

/** An engine does not say how much there is. */
export function totalmem(): number {
  return Number.MAX_SAFE_INTEGER;
}
