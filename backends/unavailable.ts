import { BackendUnavailableError } from '../src/errors.js';

/**
 * @param backend the name that was asked for
 * @param needs   what it needs: package, versions, machine
 * @param remedy  the command, or the step, that provides it
 * @param cause   what was thrown or found instead
 */
export function unavailable(backend: string, needs: string, remedy: string, cause: unknown): BackendUnavailableError {
  const why = firstLine(cause instanceof Error ? cause.message : String(cause));
  return new BackendUnavailableError(`backend '${backend}' needs ${needs}: ${remedy} — ${why}`, { cause });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim();
}
