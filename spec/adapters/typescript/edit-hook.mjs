/** Loads one TypeScript module with an edit: what `from` stands for in its text becomes `to`. */
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
  const parts = text.split(edit.from);
  if (parts.length !== 2) throw new Error(`${edit.file} has ${JSON.stringify(edit.from)} ${parts.length - 1} times`);
  const { code } = await transform(parts.join(edit.to), { loader: 'ts', format: 'esm', target: 'node20' });
  return { format: 'module', source: code, shortCircuit: true };
}
