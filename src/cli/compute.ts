import type { Backend, BackendName } from '../../backends/index.js';
import { note, type Terminal } from './terminal.js';

/** Runs a work on a backend, says which, and gives back afterwards what would keep the process from ending. */
export async function withBackend<T>(
  name: BackendName | 'auto',
  terminal: Terminal,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { useBackend, releaseBackend } = await import('../../backends/index.js');
  try {
    const backend = await useBackend(name, { signal: terminal.signal });
    note(terminal, `computing with ${backend.name}: ${backend.description}`);
    return await work(backend);
  } finally {
    await releaseBackend();
  }
}
