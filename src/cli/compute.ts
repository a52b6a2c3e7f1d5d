import type { Backend, BackendName } from '../../backends/index.js';
import { note, type Terminal } from './terminal.js';

/** Runs a task on a backend, notes its name, and releases the backend, whose threads would keep the process alive. */
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
