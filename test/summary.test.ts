import { expect, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import Summary from './summary.js';

/** A test file with these tests; only what the summary reads of them. */
function moduleOf(tests: readonly { state: string; fails?: boolean; name?: string; note?: string }[]): TestModule {
  const module = { type: 'module' };
  const cases = tests.map(({ state, fails, name = '', note }) => ({
    type: 'test',
    name,
    parent: module,
    options: { fails },
    result: () => ({ state, note }),
  }));
  const ok = () => tests.every(({ state }) => state !== 'failed');
  return { ...module, ok, children: { allTests: () => cases } } as unknown as TestModule;
}

function summaryOf(modules: readonly TestModule[], errors: readonly unknown[] = []): string[] {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    new Summary().onTestRunEnd(modules, errors);
    return log.mock.calls.map(([line]) => String(line));
  } finally {
    log.mockRestore();
  }
}

test('counts passed and failed tests, and errors outside of tests as failed', () => {
  expect(summaryOf([moduleOf([{ state: 'passed' }, { state: 'failed' }])], [new Error()])).toEqual([
    '1 passed, 2 failed',
  ]);
});

test('counts expected failures apart from passed tests; one that does not fail has failed', () => {
  const tests = [{ state: 'passed' }, { state: 'passed', fails: true }, { state: 'failed', fails: true }];
  expect(summaryOf([moduleOf(tests)])).toEqual(['1 passed, 1 failed, 1 expected to fail']);
});

test('lists skipped tests by the reason in their names or notes', () => {
  const tests = [
    { state: 'passed' },
    { state: 'skipped', name: 'on WebGPU (skipped: no adapter)' },
    { state: 'skipped', note: 'no adapter' },
  ];
  expect(summaryOf([moduleOf(tests)])).toEqual(['2 skipped: no adapter', '1 passed, 0 failed, 2 skipped']);
});
