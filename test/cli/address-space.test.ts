import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * Runs a command line, as `npm run build` made it (tsx itself needs WebAssembly), with so few addresses (kB, as `ulimit -v` has them) that no WebAssembly module gets its memory.
 */
function limited(...args: string[]) {
  const main = fileURLToPath(new URL('../../dist/node/fourm.js', import.meta.url));
  const command = `ulimit -v 8388608; exec "$@"`;
  const program = [process.execPath, main, ...args];
  return spawnSync('bash', ['-c', command, 'bash', ...program], { encoding: 'utf8' });
}

/** Node 24 gets along with this many addresses, 20 and 22 do not. */
const FEW = Number(process.versions.node.split('.')[0]) < 24;

describe.runIf(process.platform === 'linux')('with 8 GB of addresses', () => {
  test('wasm works or reports the reason; everything else works', () => {
    const { status, stdout, stderr } = limited('backends', '--json');
    expect({ status, stderr: /^\s+at .*fourm|RangeError/m.test(stderr) }).toEqual({ status: 0, stderr: false });
    const { backends } = JSON.parse(stdout) as { backends: { name: string; works: boolean; description: string }[] };
    const named = (name: string) => backends.find((backend) => backend.name === name)!;
    const expected = FEW ? { works: false, description: expect.stringContaining('ulimit -v') } : { works: true };
    expect(named('wasm')).toMatchObject(expected);
    expect(named('cpu').works).toBe(true);
  });

  test('downloads fail with an error in one line', () => {
    const { status, stderr } = limited(
      'info',
      'owner/name',
      '--endpoint',
      'http://127.0.0.1:9',
      '--cache',
      '/nonexistent',
    );
    expect(stderr).toMatch(FEW ? /^fourm: .*ulimit -v\)\n$/ : /^fourm: .*the connection failed.*\n$/);
    expect(status).toBe(1);
  });
});
