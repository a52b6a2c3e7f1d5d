import { InvalidInputError } from './errors.js';
import { nearestName } from './nearest-name.js';

/** Known names that users of other libraries, transformers.js above all, look for under another name. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  device: ['backend'],
  quantized: ['dtype'],
  progress_callback: ['onProgress', 'onDownload', 'onReport'],
  cache_dir: ['cache'],
  local_files_only: ['offline'],
  abort_signal: ['signal'],
};

/**
 * Refuses options that there are not: a misspelt one would be ignored without a word.
 *
 * @param what    takes the options, in error messages: `generate`
 * @param options an object, or undefined for none
 * @throws InvalidInputError naming the first unknown option, and the known one that is most like it
 */
export function checkOptionNames(what: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidInputError(`the options of ${what} are an object, not ${String(options)}`);
  }
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const aliases = Object.hasOwn(ELSEWHERE, wrong) ? ELSEWHERE[wrong]! : [];
  const meant = aliases.find((alias) => known.includes(alias)) ?? nearestName(wrong, known);
  const hint = meant === undefined ? `it takes ${known.join(', ')}` : `did you mean "${meant}"?`;
  throw new InvalidInputError(`${what} has no option "${wrong}"; ${hint}`);
}
