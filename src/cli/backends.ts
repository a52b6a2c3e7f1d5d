import { probeBackends, releaseBackend } from '../../backends/index.js';
import { print, type Terminal, table } from './terminal.js';

/** `fourm backends`: lists the available backends and their speed. */
export async function listBackends({ json }: { readonly json?: boolean }, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  try {
    const reports = await probeBackends({ signal });
    if (json) {
      print(terminal, JSON.stringify({ backends: reports }, null, 2));
      return;
    }
    const rows = reports.map(({ name, works, gigaflops, description }) => [
      name,
      works ? 'works' : 'no',
      gigaflops === undefined ? '' : `${gigaflops.toPrecision(3)} GFLOP/s`,
      description,
    ]);
    for (const line of table([['BACKEND', '', 'SPEED', 'WHAT OR WHY NOT'], ...rows])) print(terminal, line);
  } finally {
    await releaseBackend();
  }
}
