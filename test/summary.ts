import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Precedes the reason in the names of tests that are skipped. */
export const SKIPPED = 'skipped: ';

/**
 * Ends a run's output with the tests that could not run, by reason, and one plain line for programs that read it:
 * `812 passed, 0 failed, 7 skipped, 2 expected to fail`. The last are tests with the option `fails` that failed, as they must
 * until the defect they document is mended; they are not among the passed ones.
 */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let [passed, expectedFailures, failed] = [0, 0, errors.length];
    const skipped = new Map<string, number>();
    for (const module of modules) {
      const tests = Array.from(module.children.allTests());
      const withState = (state: 'passed' | 'failed' | 'skipped') =>
        tests.filter((test) => test.result().state === state);
      for (const test of withState('skipped')) {
        const reason = reasonOf(test);
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      }
      // Vitest reports a test with `fails` as passed when it has failed.
      const green = withState('passed');
      const mustFail = green.filter((test) => test.options.fails).length;
      expectedFailures += mustFail;
      passed += green.length - mustFail;
      // A file that cannot be loaded, or prepared, has no failed test.
      const failures = withState('failed').length;
      failed += module.ok() ? failures : Math.max(failures, 1);
    }
    for (const [reason, count] of skipped) console.log(`${count} skipped: ${reason}`);
    const total = Array.from(skipped.values()).reduce((sum, count) => sum + count, 0);
    const counts = [`${passed} passed`, `${failed} failed`];
    if (total > 0) counts.push(`${total} skipped`);
    if (expectedFailures > 0) counts.push(`${expectedFailures} expected to fail`);
    console.log(counts.join(', '));
  }
}

/** The note that a test skipped itself with, or the reason in its own name or that of a suite around it. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  if ('note' in result && result.note) return result.note;
  for (let entity: TestCase | TestSuite | TestModule = test; entity.type !== 'module'; entity = entity.parent) {
    const [, reason] = entity.name.match(new RegExp(`\\(${SKIPPED}(.*)\\)$`)) ?? [];
    if (reason !== undefined) return reason;
  }
  return 'a filter of names, a setup that failed, or no reason is given';
}
