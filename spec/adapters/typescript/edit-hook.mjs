/** Loads one TypeScript module with an edit: the only occurrence of `from` becomes `to`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

let edit;

export function initialize(data) {
  edit = data;
}

export async function load(url, context, nextLoad) {
  if (url.split('?')[0] !== edit.url) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(edit.url), 'utf8');
  const { code } = await transform(edited(text), { loader: 'ts', format: 'esm', target: 'node20' });
  return { format: 'module', source: code, shortCircuit: true };
}

function edited(text) {
  const { file, from, to } = edit;
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(from)} ${parts.length - 1} times`);
  return parts.join(to);
}
