import { diagnose, type Suspect } from '../diagnosis.js';
import type { Outcome } from '../judge.js';
import type { Requirement } from '../requirements.js';
import type { Flag } from '../vector.js';
import { escaped } from './junit.js';
import { summaryOf } from './lines.js';
import { STYLE } from './style.js';

/** Subject of a report. */
export interface ReportSubject {
  readonly implementation: string;
  readonly version: string;
  readonly requirements: readonly Requirement[];
}

/** The outcomes as a standalone page: the verdict, the likeliest mistakes, every requirement, and every vector. */
export function htmlReport(
  { implementation, version, requirements }: ReportSubject,
  outcomes: readonly Outcome[],
): string {
  const { passed, failed, errored, skipped } = summaryOf(outcomes);
  const ranked = diagnose(outcomes);
  const isClean = failed + errored === 0;
  const verdict = isClean
    ? `${passed} of ${outcomes.length} vectors pass${skipped ? `, ${skipped} were skipped` : ''}.`
    : `${failed + errored} of ${outcomes.length} vectors do not pass.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>4M-21 conformance of ${escaped(implementation)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="kit">4M-21 conformance kit ${escaped(version)}</p>
<h1>${escaped(implementation)}</h1>
<p class="verdict ${isClean ? 'pass' : 'fail'}">${verdict}</p>
${bar(outcomes)}
<table class="tiers"><thead><tr><th>tier</th><th>passed</th><th>failed</th><th>errored</th><th>skipped</th></tr></thead>
<tbody>${tiers(outcomes)}</tbody></table>
</header>
${suspects(ranked.slice(0, SHOWN), requirements)}
<section><h2>Requirements</h2>
<p>Each square is a numbered requirement of the specification, each row a page. Green: all results that check it are right. Red: the first wrong result
of a vector checks it. Grey: not checked in this run.</p>
${requirementGrid(outcomes, requirements)}
</section>
<section><h2>Vectors</h2>
${outcomes
  .toSorted(byStatus)
  .map((outcome) => vectorDetails(outcome, ranked))
  .join('\n')}
</section>
</body>
</html>`;
}

const ORDER = ['errored', 'fail', 'skip', 'pass'];

function byStatus(a: Outcome, b: Outcome): number {
  return ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (a.name < b.name ? -1 : 1);
}

function bar(outcomes: readonly Outcome[]): string {
  const parts = ['pass', 'fail', 'errored', 'skip'].map((status) => {
    const count = outcomes.filter((outcome) => outcome.status === status).length;
    return count === 0 ? '' : `<i class="${status}" style="flex:${count}" title="${count} ${status}"></i>`;
  });
  return `<div class="bar" role="img" aria-label="shares of the outcomes">${parts.join('')}</div>`;
}

function tiers(outcomes: readonly Outcome[]): string {
  const names = [...new Set(outcomes.map(({ tier }) => tier))];
  return names
    .map((tier) => {
      const { passed, failed, errored, skipped } = summaryOf(outcomes.filter((outcome) => outcome.tier === tier));
      const cells = [passed, failed, errored, skipped].map(
        (count) => `<td class="${count ? '' : 'none'}">${count}</td>`,
      );
      return `<tr><th>${escaped(tier)}</th>${cells.join('')}</tr>`;
    })
    .join('');
}

/** Number of mistakes described in full. */
const SHOWN = 5;

function suspects(list: readonly Suspect[], requirements: readonly Requirement[]): string {
  if (list.length === 0) return '';
  const items = list.map(({ requirement, failed, passed, example, flags }) => {
    const text = requirements.find(({ id }) => id === requirement);
    const hints = flags.map(hintLine).join('');
    return `<article>
<h3>${escaped(requirement)} <small>fails in ${failed} of ${failed + passed} vectors${text ? `, ${escaped(text.title)}` : ''}</small></h3>
<p>${prose(text?.text ?? '')}</p>
<ul>${hints}</ul>
<p class="example"><b>${escaped(example.name)}</b> ${escaped(example.reason ?? '')}</p>
</article>`;
  });
  return `<section><h2>Where to look first</h2>
<p>The requirements that best explain what fails and what does not. A vector's first wrong result counts; the later ones may follow from it.</p>
${items.join('\n')}</section>`;
}

function hintLine({ bug, catches }: Flag): string {
  return `<li><code>${escaped(bug)}</code> ${escaped(catches)}</li>`;
}

/** A requirement's Markdown: code and emphasis. */
function prose(markdown: string): string {
  return escaped(markdown)
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>');
}

function requirementGrid(outcomes: readonly Outcome[], requirements: readonly Requirement[]): string {
  const wrong = new Map<string, number>();
  const right = new Map<string, number>();
  for (const outcome of outcomes) {
    for (const id of Object.keys(outcome.right)) right.set(id, (right.get(id) ?? 0) + 1);
    if (outcome.status === 'fail') for (const id of outcome.requirements) wrong.set(id, (wrong.get(id) ?? 0) + 1);
  }
  const pages = [...new Set(requirements.map(({ page }) => page))];
  const rows = pages.map((page) => {
    const squares = requirements
      .filter((requirement) => requirement.page === page)
      .toSorted((a, b) => numberOf(a) - numberOf(b))
      .map(({ id }) => {
        const [bad, good] = [wrong.get(id) ?? 0, right.get(id) ?? 0];
        const status = bad ? 'fail' : good ? 'pass' : 'skip';
        const counts = bad || good ? `${good} vectors right, ${bad} wrong` : 'not checked in this run';
        return `<i class="${status}" title="${escaped(id)}: ${counts}">${escaped(id.split('-')[1]!)}</i>`;
      });
    const { title } = requirements.find((requirement) => requirement.page === page)!;
    return `<tr><th>${escaped(title)}</th><td class="squares">${squares.join('')}</td></tr>`;
  });
  return `<table class="requirements"><tbody>${rows.join('\n')}</tbody></table>`;
}

function numberOf({ id }: Requirement): number {
  return Number(id.split('-')[1]);
}

/** Number of differences listed for a vector. */
const DIFFERENCES = 8;

/** Closed, unless a mistake that is described in full has it as its example. @param ranked the requirements that were violated, the likeliest first */
function vectorDetails(outcome: Outcome, ranked: readonly Suspect[]): string {
  const { name, kind, status, reason, differences, flagsByRequirement, compared, worst } = outcome;
  const summary = `<summary><i class="${status}">${status}</i> <b>${escaped(name)}</b> <small>${escaped(kind)}</small></summary>`;
  if (status === 'pass') {
    const error = worst
      ? `, worst absolute error ${worst.absolute.toPrecision(3)} in <code>${escaped(worst.result)}</code>`
      : '';
    return `<details>${summary}<p>${compared} results${error}.</p></details>`;
  }
  if (differences.length === 0)
    return `<details${status === 'errored' ? ' open' : ''}>${summary}<p>${escaped(reason ?? '')}</p></details>`;
  const rows = differences
    .slice(0, DIFFERENCES)
    .map(({ result, message }) => `<tr><th><code>${escaped(result)}</code></th><td>${escaped(message)}</td></tr>`);
  const more = differences.length > DIFFERENCES ? `<p>and ${differences.length - DIFFERENCES} more results.</p>` : '';
  const checked = ranked.map(({ requirement }) => requirement).filter((id) => outcome.requirements.includes(id));
  const isExample = ranked.slice(0, SHOWN).some(({ example }) => example === outcome);
  const hints = (flagsByRequirement[checked[0] ?? ''] ?? []).map(hintLine).join('');
  return `<details${isExample ? ' open' : ''}>${summary}
<p>The first wrong result checks ${checked.map((id) => `<code>${escaped(id)}</code>`).join(', ') || 'no requirement'}${checked.length > 1 ? ', the likeliest first' : ''}.</p>
<ul>${hints}</ul><table class="differences"><tbody>${rows.join('')}</tbody></table>${more}</details>`;
}
