/** Sentences about a model and about the files that a request downloads. */
import type { RemoteModel } from '../../../src/client.js';
import { formatBytes } from '../../../src/memory/format-bytes.js';
import { fileAddress, type GivenModel, isOnDevice } from './given-model.js';
import type { FilePart } from './plan.js';

/** @param sizes bytes of the files whose headers were read */
export async function describeModel(
  { description }: RemoteModel,
  given: GivenModel,
  sizes: ReadonlyMap<string, number>,
): Promise<string> {
  const modalities = Object.values(description.modalities);
  const tokenizers = new Set(modalities.flatMap((own) => ('tokenizer' in own ? (own.tokenizer ?? []) : [])));
  const files = Array.from(sizes, ([file, size]) => `${file} (${formatBytes(size)})`);
  return [
    `${given.name} has ${modalities.length} modalities.`,
    isOnDevice(given)
      ? 'Its files are on this device; nothing is fetched.'
      : `Of ${files.join(' and ')}, only the parts that a request needs are fetched, when it needs them.`,
    tokenizers.size > 0 ? `Pictures, maps and features also need their tokenizers: ${[...tokenizers].join(', ')}.` : '',
    `Licence: ${await licenceOf(given)}.`,
  ].join(' ');
}

/** The sentence about the downloads of a request. */
export function describeParts(parts: readonly FilePart[]): string {
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const files = parts.map(({ file, bytes, size }) => {
    return `${formatBytes(bytes)} of ${shortName(file)}${bytes < size ? ` (${formatBytes(size)})` : ''}`;
  });
  return `This request needs ${formatBytes(total)} of weights: ${files.join(', ')}. What this browser has is not fetched again.`;
}

/** The last two parts of a file's address. */
function shortName(file: string): string {
  return file.split('/').slice(-2).join('/');
}

/** The licence in the front matter of a model card. */
async function licenceOf(given: GivenModel): Promise<string> {
  const front = /^---\n(.*?)\n---/s.exec(await cardOf(given))?.[1] ?? '';
  return (
    /^license_name:\s*(\S+)/m.exec(front)?.[1] ??
    /^license:\s*(\S+)/m.exec(front)?.[1] ??
    'not stated here; see where the model comes from'
  );
}

/** The text of the model card; empty if there is none. */
async function cardOf(given: GivenModel): Promise<string> {
  if (given.folder) return (await given.folder.get('README.md')?.text()) ?? '';
  if (isOnDevice(given)) return '';
  const response = await fetch(fileAddress(given, 'README.md')).catch(() => undefined);
  return response?.ok ? response.text() : '';
}
