import { expect, test, vi } from "vitest";
import { turnOfEventLoop } from "../../lib/eventLoop.js";

test.each(["", "no "])(
  "with %ssetImmediate a turn of the event loop lets a timer that is due go first",
  async (without) => {
    const own = globalThis.setImmediate;
    try {
      if (without) vi.stubGlobal("setImmediate", undefined);
      let seen = 0;
      const timer = setInterval(() => seen++, 0);
      const until = performance.now() + 5000;
      while (seen < 3 && performance.now() < until) await turnOfEventLoop();
      clearInterval(timer);
      expect(seen).toBe(3);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(globalThis.setImmediate).toBe(own);
  },
);
