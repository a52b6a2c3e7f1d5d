import { BackendUnavailableError } from '../src/errors.js';

/**
 * @param backend the requested name
 * @param needs   what it needs: package, versions, machine
 * @param remedy  the command, or the step, that provides it
 * @param cause   the error, or what was found instead
 */
export function unavailable(backend: string, needs: string, remedy: string, cause: unknown): BackendUnavailableError {
  return new BackendUnavailableError(describe(backend, needs, remedy, cause), { cause });
}

/** {@link unavailable}, caused by an option. */
export function misconfigured(...what: Parameters<typeof unavailable>): ConfigurationError {
  return new ConfigurationError(describe(...what), { cause: what[3] });
}

function describe(backend: string, needs: string, remedy: string, cause: unknown): string {
  const why = firstLine(cause instanceof Error ? cause.message : String(cause));
  return `backend '${backend}' needs ${needs}: ${remedy} — ${why}`;
}

/** The configuration of a backend is invalid: `auto` does not fall back to a slower one. */
export class ConfigurationError extends BackendUnavailableError {}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim();
}
