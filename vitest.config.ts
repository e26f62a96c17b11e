import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Generous: machines are shared, and nothing here measures time.
    testTimeout: 180_000,
    // The addon has one pool of threads for the process; test files in processes of their own would fight over two cores.
    pool: "forks",
    maxWorkers: 2,
  },
});
