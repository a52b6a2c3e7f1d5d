import { expect, test } from 'vitest';
import { diagnose } from '../../../spec/harness/diagnosis.js';
import type { Outcome } from '../../../spec/harness/judge.js';
import { KnownFailures } from '../../../spec/harness/known-failures.js';
import { htmlReport } from '../../../spec/harness/report/html.js';
import { junitReport } from '../../../spec/harness/report/junit.js';
import { diagnosisLines } from '../../../spec/harness/report/lines.js';
import { readRequirements } from '../../../spec/harness/requirements.js';

const flag = { bug: 'SIGN', catches: 'The sign is <wrong> & so on.' };

function outcome(name: string, given: Partial<Outcome> = {}): Outcome {
  return {
    ...{ name, kind: 'trans.det', tier: 'core', status: 'pass', differences: [], requirements: [], flags: [] },
    ...{ flagsByRequirement: {}, right: {}, compared: 3 },
    ...given,
  };
}

function failing(name: string, requirements: readonly string[], right: Readonly<Record<string, number>> = {}): Outcome {
  const flagsByRequirement = Object.fromEntries(requirements.map((id) => [id, [flag]]));
  const differences = [{ result: 'out.x', message: 'is 1 instead of 2 at [0]' }];
  const reason = 'out.x is 1 instead of 2 at [0]';
  return outcome(name, { status: 'fail', reason, differences, requirements, flags: [flag], flagsByRequirement, right });
}

const outcomes = [
  failing('a', ['TRN-1', 'TRN-4']),
  failing('b', ['TRN-1', 'TRN-4']),
  outcome('c', { right: { 'TRN-1': 3 } }),
  outcome('d', { right: { 'TRN-1': 1, 'TRN-3': 2 } }),
  outcome('e', { status: 'skip', reason: 'no' }),
  outcome('f', { status: 'errored', reason: 'it exited with code 1', kind: '<b>' }),
];

test('a requirement of all failing results and of no passing one ranks first', () => {
  expect(diagnose(outcomes).map(({ requirement, failed, passed }) => [requirement, failed, passed])).toEqual([
    ['TRN-4', 2, 0],
    ['TRN-1', 2, 2],
  ]);
  expect(diagnose([outcome('c')])).toEqual([]);
});

test('one failure that checks a requirement alone says more than several that check many', () => {
  const whole = ['TRN-1', 'TRN-2', 'TRN-3', 'TRN-4', 'TRN-5'];
  const many = [failing('g', whole), failing('h', whole), failing('i', whole)];
  const [first] = diagnose([...many, failing('j', ['TRN-12'])]);
  expect(first).toMatchObject({ requirement: 'TRN-12', failed: 1 });
});

test('the first lines name the requirement, the mistake, and where', () => {
  const [first, second, third] = diagnosisLines(outcomes, readRequirements());
  expect(first).toMatch(/^TRN-4 failed in 2 of 2 vectors: An MLP MUST be /);
  expect(second).toBe('  SIGN: The sign is <wrong> & so on.');
  expect(third).toBe('  a: out.x is 1 instead of 2 at [0]');
});

test('the page has every vector and requirement, and nothing of them is markup', () => {
  const requirements = readRequirements();
  const page = htmlReport({ implementation: 'my<4m>', version: '1.0.0', requirements }, outcomes);
  expect(page).toContain('<h1>my&lt;4m&gt;</h1>');
  expect(page).toContain('3 of 6 vectors do not pass.');
  expect(page).toContain('The sign is &lt;wrong&gt; &amp; so on.');
  expect(page).not.toContain('<b></small>');
  expect(page.match(/<i class="\w+" title="[A-Z]{2,3}-\d+: /g)).toHaveLength(requirements.length);
  const clean = htmlReport({ implementation: 'x', version: '1', requirements }, [outcome('c')]);
  expect(clean).toContain('1 of 1 vectors pass.');
  expect(clean).not.toContain('Where to look first');
});

test('JUnit has a suite a tier with its counts', () => {
  const xml = junitReport('my<4m>', outcomes);
  expect(xml).toContain('<testsuite name="core" tests="6" failures="2" errors="1" skipped="1">');
  expect(xml).toContain(
    '<failure message="out.x is 1 instead of 2 at [0]">TRN-1, TRN-4\nSIGN: The sign is &lt;wrong&gt; &amp; so on.</failure>',
  );
  expect(xml).toContain('classname="&lt;b&gt;"');
});

test('known failures are lines of names and globs, and those that pass are outdated', () => {
  const known = new KnownFailures('# port without U-ViT\na  # later\nf*\n\nc\nnothing*\n');
  expect(outcomes.filter((entry) => known.has(entry)).map(({ name }) => name)).toEqual(['a', 'c', 'f']);
  expect(known.outdated(outcomes)).toEqual(['c', 'nothing*']);
});
