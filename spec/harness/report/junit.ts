import type { Outcome } from '../judge.js';
import { summaryOf } from './lines.js';

/** The outcomes as JUnit XML: a suite for each tier, a case for each vector. */
export function junitReport(implementation: string, outcomes: readonly Outcome[]): string {
  const tiers = [...new Set(outcomes.map(({ tier }) => tier))];
  const suites = tiers.map((tier) => {
    const own = outcomes.filter((outcome) => outcome.tier === tier);
    const { failed, errored, skipped } = summaryOf(own);
    const counts = `tests="${own.length}" failures="${failed}" errors="${errored}" skipped="${skipped}"`;
    return `  <testsuite name="${escaped(tier)}" ${counts}>\n${own.map(testCase).join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(implementation)}">\n${suites.join('\n')}\n</testsuites>`;
}

function testCase({ name, kind, status, reason = '', requirements, flags, milliseconds = 0 }: Outcome): string {
  const open = `    <testcase name="${escaped(name)}" classname="${escaped(kind)}" time="${milliseconds / 1000}"`;
  if (status === 'pass') return `${open}/>`;
  const element = { fail: 'failure', errored: 'error', skip: 'skipped' }[status];
  const details = [requirements.join(', '), ...flags.map(({ bug, catches }) => `${bug}: ${catches}`)].join('\n');
  return `${open}><${element} message="${escaped(reason)}">${escaped(details)}</${element}></testcase>`;
}

/** Text for XML, without the control characters that XML does not allow. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const allowed = Array.from(text, (c) => (c < ' ' && !'\t\n\r'.includes(c) ? '\ufffd' : c)).join('');
  return allowed.replaceAll(/[&<>"]/g, (c) => entities[c]!);
}
