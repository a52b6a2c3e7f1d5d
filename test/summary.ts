import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Stands before the reason in the names of tests that are skipped. */
export const SKIPPED = 'skipped: ';

/**
 * Closes a run's output with what could not run, by its reason, and one plain line for programs that read it:
 * `812 passed, 0 failed, 7 skipped`.
 */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    const skipped = new Map<string, number>();
    for (const module of modules) {
      const tests = Array.from(module.children.allTests());
      for (const test of tests.filter((test) => test.result().state === 'skipped')) {
        const reason = reasonOf(test);
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      }
      const failures = tests.filter((test) => test.result().state === 'failed').length;
      passed += tests.filter((test) => test.result().state === 'passed').length;
      // A file that cannot be loaded, or prepared, has no failed test.
      failed += module.ok() ? failures : Math.max(failures, 1);
    }
    for (const [reason, count] of skipped) console.log(`${count} skipped: ${reason}`);
    const total = Array.from(skipped.values()).reduce((sum, count) => sum + count, 0);
    console.log(`${passed} passed, ${failed} failed${total > 0 ? `, ${total} skipped` : ''}`);
  }
}

/** The note that a test skipped itself with, or the reason in its own name or that of a suite that holds it. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  if ('note' in result && result.note) return result.note;
  for (let entity: TestCase | TestSuite | TestModule = test; entity.type !== 'module'; entity = entity.parent) {
    const [, reason] = entity.name.match(new RegExp(`\\(${SKIPPED}(.*)\\)$`)) ?? [];
    if (reason !== undefined) return reason;
  }
  return 'a filter of names, a preparation that failed, or no reason is given';
}
