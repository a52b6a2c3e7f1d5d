/**
 * Writes the table of `spec/README.md`: the worst errors of each kind of vectors, from what `npm run conformance -- --report json`
 * printed on each backend.
 *
 *     npm run -s conformance -- --backend wasm --report json > wasm.json
 *     node spec/tools/conformance-table.mjs cpu.json wasm.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const [BEGIN, END] = ['<!-- worst errors -->\n', '<!-- end of worst errors -->'];

const runs = process.argv.slice(2).map((file) => ({
  backend: basename(file, '.json'),
  vectors: JSON.parse(readFileSync(file, 'utf8')).vectors,
}));
if (runs.length === 0) throw new Error('usage: node spec/tools/conformance-table.mjs <backend>.json …');

const kinds = [...new Set(runs.flatMap(({ vectors }) => vectors.map(({ kind }) => kind)))].sort();
const row = (cells) => `| ${cells.join(' | ')} |\n`;
let table = row(['kind', 'vectors', 'results', ...runs.map(({ backend }) => `worst error, ${backend}`)]);
table += row(['---', '---:', '---:', ...runs.map(() => '---')]);
for (const kind of kinds) {
  const own = runs.map(({ vectors }) => vectors.filter((vector) => vector.kind === kind));
  const results = Math.max(...own.map((vectors) => vectors.reduce((sum, { compared }) => sum + compared, 0)));
  table += row([`\`${kind}\``, Math.max(...own.map(({ length }) => length)), results, ...own.map(worst)]);
}

const text = readFileSync(README, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`${README} has no place for the table`);
writeFileSync(README, `${before}${BEGIN}${table}${END}${after}`);

/** The largest absolute error of a kind, and where it is; ids, masks and strings have none. */
function worst(vectors) {
  const failed = vectors.filter(({ status }) => status !== 'pass');
  if (failed.length > 0) return failed.map(({ name, status }) => `${name}: ${status}`).join(', ');
  const [largest] = vectors.toSorted((a, b) => (b.worst?.absolute ?? 0) - (a.worst?.absolute ?? 0));
  if (largest === undefined) return 'not run';
  if (!largest.worst?.absolute) return 'exact';
  return `${largest.worst.absolute.toExponential(1)} (\`${largest.name}\`, \`${largest.worst.result}\`)`;
}
