import type { Reporter, TestModule } from 'vitest/node';

/** Closes a run's output with one plain line, for programs that read it: `812 passed, 0 failed`. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      const states = Array.from(module.children.allTests(), (test) => test.result().state);
      const failures = states.filter((state) => state === 'failed').length;
      passed += states.filter((state) => state === 'passed').length;
      // A file that cannot be loaded, or prepared, has no failed test.
      failed += module.ok() ? failures : Math.max(failures, 1);
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
