import type { VectorFile } from './vector.js';

/** Width up to which a value stays on one line. */
const LINE = 118;

/** `vector.json` as text: values that fit are on one line, so that changes are easy to review. */
export function formatVector(about: VectorFile): string {
  return `${format(about, '')}\n`;
}

function format(value: unknown, indent: string): string {
  const line = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + line.length <= LINE) return line;
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    if (value.every((entry) => typeof entry !== 'object')) return wrapped(value, inner, indent);
    return `[\n${value.map((entry) => inner + format(entry, inner)).join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
  const lines = fields.map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${format(entry, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** A list of numbers and strings on as few lines as possible. */
function wrapped(list: readonly unknown[], inner: string, indent: string): string {
  const lines = [''];
  for (const entry of list.map((value) => `${JSON.stringify(value)}, `)) {
    if (lines.at(-1) !== '' && lines.at(-1)!.length + entry.length > LINE) lines.push(entry);
    else lines[lines.length - 1] += entry;
  }
  return `[\n${lines
    .map((line) => inner + line.trimEnd())
    .join('\n')
    .slice(0, -1)}\n${indent}]`;
}
