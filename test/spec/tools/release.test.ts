import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import tar from 'tar-fs';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../../../spec/tools/release.ts', import.meta.url));
const port = fileURLToPath(new URL('../harness/ports/broken.mjs', import.meta.url));
const version = readFileSync(fileURLToPath(new URL('../../../spec/VERSION', import.meta.url)), 'utf8').trim();

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fourm-release-test-'));
  return folder;
}

/** Makes the archive. @returns its path */
function release(folder: string): string {
  return execFileSync('node', ['--import', 'tsx', script, folder], { encoding: 'utf8' }).trim();
}

const folder = temporary();
let kit: string;

beforeAll(async () => {
  const archive = release(folder);
  await pipeline(createReadStream(archive), createGunzip(), tar.extract(folder));
  kit = join(folder, `4m-conformance-${version}`);
  return () => rmSync(folder, { recursive: true });
});

test('the archive has text, schemas, vectors, the port in numpy, a license, and no sources of the harness', () => {
  expect(readdirSync(kit).filter((file) => !file.endsWith('.md'))).toEqual(
    ['LICENSE', 'VERSION', 'adapters', 'conformance.mjs', 'schemas', 'tables', 'vectors'].sort(),
  );
  expect(readdirSync(kit)).toEqual(expect.arrayContaining(['README.md', 'protocol.md', 'CHANGELOG.md', 'masking.md']));
  expect(readdirSync(join(kit, 'adapters'))).toEqual(['python']);
});

test('it is byte-identical when generated again', () => {
  const other = temporary();
  onTestFinished(() => rmSync(other, { recursive: true }));
  const [first] = readdirSync(folder).filter((file) => file.endsWith('.tar.gz'));
  expect(readFileSync(release(other)).equals(readFileSync(join(folder, first!)))).toBe(true);
});

test('its harness runs a port without any package, and its exit code reports failures', () => {
  const run = (...options: string[]) => {
    const args = [join(kit, 'conformance.mjs'), '--impl', `node ${port} not`, ...options];
    return spawnSync('node', args, { encoding: 'utf8', cwd: tmpdir() });
  };
  const right = run('--filter', 'trans_hash');
  expect(right.stdout).toContain('pass trans_hash (trans.hash): 36 results');
  expect(right.status).toBe(0);
  expect(run('--filter', 'gen_cfg_formula').status).toBe(1);
  for (const wrong of [
    ['--tier', 'unknown'],
    ['--no-such-option', '1'],
  ]) {
    const { status, stderr } = run(...wrong);
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node conformance.mjs');
    expect(stderr).not.toContain('    at ');
  }
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: node conformance.mjs') });
});

test('its pages name only files that are in it', () => {
  const pages = readdirSync(kit).filter((file) => file.endsWith('.md'));
  expect(pages).toContain('test-your-port.md');
  const targets = pages.flatMap((page) =>
    Array.from(readFileSync(join(kit, page), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, target]) => target!),
  );
  expect(targets.filter((target) => !existsSync(join(kit, target)))).toEqual([]);
});
