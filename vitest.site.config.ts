/** The tests of the built site: `npm run docs`, then `npm run docs:test`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/site/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
