/**
 * Makes the archive of the conformance kit: text, schemas, vectors, protocol, the guide, the port in numpy, and the harness as one file
 * without dependencies.
 *
 *     node --import tsx spec/tools/release.ts <folder>
 *
 * It is reproducible byte for byte.
 */
import {
  cpSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { build } from 'esbuild';
import tar from 'tar-fs';

const path = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The parts of `spec/` in the archive, besides the harness. */
const PARTS = ['schemas', 'tables', 'vectors', 'adapters/python', 'VERSION'];
const GUIDE = '../docs/test-your-port.md';

const pages = () =>
  readdirSync(path('.'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => [file, file] as const);

/** The pages of `spec/` and the guide are in one folder. */
const linksInArchive = (text: string) => text.replaceAll('](../docs/', '](').replaceAll('](../spec/', '](');

const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error('usage: node --import tsx spec/tools/release.ts <folder>');
  process.exit(2);
}
const name = `4m-conformance-${readFileSync(path('VERSION'), 'utf8').trim()}`;
const folder = mkdtempSync(join(tmpdir(), 'fourm-release-'));
try {
  const stage = join(folder, name);
  mkdirSync(stage);
  const isSource = (file: string) => !file.endsWith('__pycache__');
  for (const part of PARTS) cpSync(path(part), join(stage, part), { recursive: true, filter: isSource });
  for (const [from, name] of [...pages(), [GUIDE, basename(GUIDE)] as const]) {
    writeFileSync(join(stage, name), linksInArchive(readFileSync(path(from), 'utf8')));
  }
  cpSync(path('../LICENSE'), join(stage, 'LICENSE'));
  await build({
    entryPoints: [path('harness/standalone.ts')],
    outfile: join(stage, 'conformance.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  mkdirSync(target, { recursive: true });
  const archive = join(target, `${name}.tar.gz`);
  const fixed = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  const options = {
    // Missing in the types of tar-fs.
    sort: true,
    map: (header: tar.Headers) => Object.assign(header, fixed, { mode: header.type === 'directory' ? 0o755 : 0o644 }),
  };
  await pipeline(tar.pack(folder, options), createGzip({ level: 9 }), createWriteStream(archive));
  console.log(archive);
} finally {
  rmSync(folder, { recursive: true });
}
