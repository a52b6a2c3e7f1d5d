import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Need the built site: `npm run docs:test`.
    exclude: [...configDefaults.exclude, 'test/site/**'],
    reporters: ['default', './test/summary.ts'],
    globalSetup: ['test/setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 10_000,
    // The tests' processes keep the processors busy already.
    env: { FOURM_THREADS: '1' },
    pool: 'forks',
    maxWorkers: '100%',
  },
});
