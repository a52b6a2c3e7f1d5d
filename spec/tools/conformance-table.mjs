/**
 * The table of `spec/README.md`: worst errors of each group of cases, from what `npm run conformance -- --report json` printed on each backend.
 *
 *     npm run -s conformance -- --backend wasm --report json > wasm.json
 *     node spec/tools/conformance-table.mjs cpu.json wasm.json
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const runs = process.argv.slice(2).map((file) => ({
  backend: basename(file, '.json'),
  cases: JSON.parse(readFileSync(file, 'utf8')).vectors,
}));
if (runs.length === 0) throw new Error('usage: node spec/tools/conformance-table.mjs <backend>.json …');

const groupOf = (name) => name.split(/[_/]/)[0];
const groups = [...new Set(runs.flatMap(({ cases }) => cases.map(({ name }) => groupOf(name))))].sort();

const row = (cells) => `| ${cells.join(' | ')} |`;
console.log(row(['group', 'cases', 'results', ...runs.map(({ backend }) => `worst error, ${backend}`)]));
console.log(row(['---', '---:', '---:', ...runs.map(() => '---')]));
for (const group of groups) {
  const own = runs.map(({ cases }) => cases.filter(({ name }) => groupOf(name) === group));
  const results = Math.max(...own.map((cases) => cases.reduce((sum, { compared }) => sum + compared, 0)));
  console.log(row([`\`${group}\``, own[0].length, results, ...own.map(worst)]));
}

/** The largest absolute error of a group, and where it is; ids, masks and strings have none. */
function worst(cases) {
  const failed = cases.filter(({ status }) => status !== 'pass');
  if (failed.length > 0) return failed.map(({ name, status }) => `${name}: ${status}`).join(', ');
  const [largest] = cases.toSorted((a, b) => (b.worst?.absolute ?? 0) - (a.worst?.absolute ?? 0));
  if (!largest.worst?.absolute) return 'exact';
  return `${largest.worst.absolute.toExponential(1)} (\`${largest.name}\`, \`${largest.worst.result}\`)`;
}
