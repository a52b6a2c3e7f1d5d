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
 * Rejects unknown options, which would be ignored, and invalid callbacks and signals, which would fail
 * when they are first used, after other work.
 *
 * @param what    takes the options, in error messages: `generate`
 * @param options an object, or undefined for none
 * @throws InvalidInputError naming the first wrong option; for an unknown one also the known one that is most like it
 */
export function checkOptionNames(what: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidInputError(`the options of ${what} are an object, not ${String(options)}`);
  }
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong !== undefined) throw unknownOption(what, wrong, known);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && value !== null) checkOption(what, name, value);
  }
}

function unknownOption(what: string, wrong: string, known: readonly string[]): InvalidInputError {
  const aliases = Object.hasOwn(ELSEWHERE, wrong) ? ELSEWHERE[wrong]! : [];
  const meant = aliases.find((alias) => known.includes(alias)) ?? nearestName(wrong, known);
  const hint = meant === undefined ? `it takes ${known.join(', ')}` : `did you mean "${meant}"?`;
  return new InvalidInputError(`${what} has no option "${wrong}"; ${hint}`);
}

function checkOption(what: string, name: string, value: unknown): void {
  if (/^on[A-Z]/.test(name) && typeof value !== 'function') {
    throw new InvalidInputError(`the option ${name} of ${what} is a function, not a value of the type ${typeof value}`);
  }
  if (name === 'signal' && !isSignal(value)) {
    throw new InvalidInputError(`the option signal of ${what} is an AbortSignal`);
  }
}

/** Also of another realm. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
