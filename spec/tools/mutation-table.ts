/**
 * Writes `spec/mutants.md` from `mutation/fates.json`: how many mutants of each module the vectors detect, and the survivors with reasons.
 *
 *     node --import tsx spec/tools/mutation-table.ts
 *
 * It fails if a survivor has no reason in `mutation/reasons.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CORE } from './mutation/core.js';
import { mutantsOf } from './mutation/mutants.js';
import { type Reason, reasonFor } from './mutation/reasons.js';
import { FateRecord, type PlacedMutant, placedMutants } from './mutation/record.js';

interface Survivor {
  readonly mutant: PlacedMutant;
  readonly reason: Reason;
}

const root = new URL('../../', import.meta.url);
const record = new FateRecord(fileURLToPath(new URL('mutation/fates.json', import.meta.url)));
const unexplained: PlacedMutant[] = [];
const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |\n`;
const cell = (text: string) => `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
const percent = (part: number, whole: number) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

let modules =
  row('module', 'mutants', 'not tried', 'change behaviour', 'noticed', 'share') + row(...Array(6).fill('---'));
let survivors = '';
const total = { mutants: 0, untried: 0, relevant: 0, noticed: 0 };
for (const file of CORE) {
  const text = readFileSync(new URL(file, root), 'utf8');
  const mutants = placedMutants(file, text, mutantsOf(text));
  const counts = { mutants: mutants.length, untried: 0, relevant: 0, noticed: 0 };
  const own: Survivor[] = [];
  for (const mutant of mutants) {
    const fate = record.fateOf(mutant);
    if (fate === undefined) counts.untried++;
    else if (fate === 'noticed') {
      counts.noticed++;
      counts.relevant++;
    } else if (fate !== 'invalid') {
      const reason = reasonFor(mutant);
      if (!reason) unexplained.push(mutant);
      else own.push({ mutant, reason });
      if (!reason || reason.class === 'unchecked') counts.relevant++;
    }
  }
  for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key];
  modules += row(
    cell(file),
    counts.mutants,
    counts.untried,
    counts.relevant,
    counts.noticed,
    percent(counts.noticed, counts.relevant),
  );
  if (own.length === 0) continue;
  survivors += `\n### ${file}\n\n${row('line', 'code', 'change', '', 'reason')}${row('---:', '---', '---', '---', '---')}`;
  for (const { mutant, reason } of own) {
    const { line, code, from, to } = mutant;
    survivors += row(line, cell(code), `${cell(from)} → ${cell(to)}`, reason.class, reason.why);
  }
}
modules += row(
  'all',
  total.mutants,
  total.untried,
  total.relevant,
  total.noticed,
  percent(total.noticed, total.relevant),
);
writeFileSync(new URL('../mutants.md', import.meta.url), page());
for (const { file, line, code, from, to } of unexplained)
  console.error(`no reason: ${file}:${line} ${code} | ${from} → ${to}`);
process.exitCode = unexplained.length > 0 ? 1 : 0;

function page(): string {
  return `# Mutants

How many mistakes the vectors notice: small changes of the numeric core of the TypeScript implementation (an operator, a number, a condition,
the name of a function), one at a time, with the vectors as the only tests. Written by \`tools/mutation-table.ts\` from what \`tools/mutate.ts\`
records in \`tools/mutation/fates.json\`.

Not counted are changes that change nothing (*equivalent*), that make other random numbers or initial values, which the vectors give
(*input*), and that change only which inputs are rejected, where the text leaves it open (*refusal*).

${modules}
## Survivors

*unchecked*: results can change, and no vector shows it.
${survivors}`;
}
