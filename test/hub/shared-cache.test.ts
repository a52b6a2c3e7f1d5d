import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ByteSource } from '../../src/checkpoints/byte-source.js';
import { BLOCK } from '../../src/hub/blocks.js';
import { FolderStore } from '../../src/hub/folder-store.js';
import { deleteFormerCache } from '../../src/hub/former-cache.js';
import { hubFile } from '../../src/hub/location.js';
import { remoteSource, type SourceOptions } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { type HubServer, startHub } from './hub-server.js';

const ID = parseHubId('EPFL-VILAB/4M-21_B')!;
const PATH = `${ID.id}/model.safetensors`;
const data = randomBytes(5 * BLOCK + 1234);

let hub: HubServer;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  hub = await startHub({ [PATH]: data });
});

/** Opens the file as a process of its own does: nothing is shared but the folder. */
function openAsProcess(options: SourceOptions = {}): Promise<ByteSource> {
  const location = hubFile(hub.endpoint, ID, 'model.safetensors');
  return remoteSource(location, { store: new FolderStore(folder), ...options });
}

async function expectRead(source: ByteSource, offset = 0, length = data.length, expected = data): Promise<void> {
  expect(Buffer.compare(await source.read(offset, length), expected.subarray(offset, offset + length))).toBe(0);
}

/** The file of all blocks, and that of their checksums. */
async function blockFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /^(bytes|sums)$/.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

describe('under a running process', () => {
  test('the folder is deleted and filled again by another process: both read the right bytes', async () => {
    const a = await openAsProcess();
    await expectRead(a, 2 * BLOCK, 100);
    await rm(folder, { recursive: true });
    const b = await openAsProcess();
    await expectRead(b, 4 * BLOCK, 100);
    await expectRead(a, 2 * BLOCK, 100);
    await expectRead(a, 3 * BLOCK, 100);
    await expectRead(b);
    await expectRead(await openAsProcess());
  });

  const damages: [string, (file: string) => Promise<unknown>][] = [
    ['deleted', (file) => rm(file)],
    ['cut short', (file) => truncate(file, 9)],
    ['cut by a byte', async (file) => truncate(file, (await stat(file)).size - 1)],
    ['emptied', (file) => truncate(file, 0)],
    ['filled with zeros', async (file) => writeFile(file, Buffer.alloc((await stat(file)).size))],
    ['filled with ones', async (file) => writeFile(file, Buffer.alloc((await stat(file)).size, 255))],
  ];
  test.each(
    [0, 1].flatMap((which) =>
      damages.map(([what, damage]) => [['bytes', 'sums'][which], what, which, damage] as const),
    ),
  )('its %s are %s: they are fetched again', async (_, __, which, damage) => {
    const a = await openAsProcess();
    await expectRead(a);
    const files = await blockFiles();
    expect(files).toHaveLength(2);
    await damage(files[which]!);
    await expectRead(a);
    await expectRead(await openAsProcess());
    await expectRead(await openAsProcess({ offline: true }));
  });

  test('a block stored under another name, with a valid checksum, is fetched again', async () => {
    const a = await openAsProcess();
    await expectRead(a);
    for (const [file, size] of [
      [(await blockFiles())[0]!, BLOCK],
      [(await blockFiles())[1]!, 32],
    ] as const) {
      const content = await readFile(file);
      content.copyWithin(2 * size, 0, size);
      await writeFile(file, content);
    }
    await expectRead(a);
    await expectRead(await openAsProcess());
  });

  test('a folder where its blocks should be: an error names it', async () => {
    const a = await openAsProcess();
    const [bytes] = await blockFiles();
    await rm(bytes!);
    await mkdir(bytes!);
    await expect(a.read(0, data.length)).rejects.toThrow(/cannot write the cache .*; FOURM_CACHE/);
  });

  test('another process opens a newer version: the first still reads its own', async () => {
    const a = await openAsProcess();
    await expectRead(a, 2 * BLOCK, 100);
    const older = hub.files.get(PATH)!;
    const newer = randomBytes(data.length);
    hub.files.set(PATH, newer);
    const b = await openAsProcess();
    await expectRead(b, 0, newer.length, newer);
    // The commit that it was opened at is still served.
    hub.files.set(PATH, older);
    await expectRead(a);
    hub.files.set(PATH, newer);
    await expectRead(await openAsProcess(), 0, newer.length, newer);
    await expectRead(b, 0, newer.length, newer);
  });

  test('concurrent reads, writes and deletions', async () => {
    const remover = (async () => {
      for (let i = 0; i < 20; i++) {
        await rm(join(folder, 'fourm-blocks'), { recursive: true, force: true }).catch(() => {});
        await new Promise((later) => setTimeout(later, 10));
      }
    })();
    const readers = Array.from({ length: 4 }, async (_, i) => {
      for (let k = 0; k < 5; k++) await expectRead(await openAsProcess(), i * BLOCK + k, BLOCK);
    });
    await Promise.all([remover, ...readers]);
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('a flipped bit on disk is detected', async () => {
  await expectRead(await openAsProcess());
  const files = await blockFiles();
  const flips = fc.record({ file: fc.constantFrom(...files), at: fc.nat(data.length), bit: fc.nat(7) });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(flips, { minLength: 1, maxLength: 3 }), async (all) => {
      for (const { file, at, bit } of all) {
        const bytes = await readFile(file);
        bytes[at % bytes.length]! ^= 1 << bit;
        await writeFile(file, bytes);
      }
      await expectRead(await openAsProcess());
    }),
    { numRuns: 20 },
  );
});

test('blocks cached from a server that shifted ranges are discarded when the server sends the right ones', async () => {
  const shifted = Buffer.concat([data.subarray(1), data.subarray(0, 1)]);
  hub.lies.sha256 = 'ab'.repeat(32);
  hub.files.set(PATH, shifted);
  await expectRead(await openAsProcess(), 0, 2 * BLOCK, shifted);
  hub.files.set(PATH, data);
  await expectRead(await openAsProcess(), 0, 2 * BLOCK);
});

describe('a read-only cache', () => {
  /** A store that nothing can be written to. */
  class ReadOnlyStore extends FolderStore {
    override put(): Promise<boolean> {
      throw new Error('written');
    }
    override delete(): Promise<void> {
      throw new Error('deleted');
    }
  }

  test('can be read: an unchanged file writes nothing', async () => {
    await expectRead(await openAsProcess());
    await expectRead(await openAsProcess({ store: new ReadOnlyStore(folder) }));
  });
});

describe('the former format', () => {
  test('is deleted without being read', async () => {
    const slot = join(folder, new URL(hub.endpoint).host.replace(':', '_'), PATH);
    await mkdir(slot, { recursive: true });
    const about = { size: data.length, validator: 'x', checked: true };
    await writeFile(join(slot, 'about.json'), JSON.stringify(about));
    await writeFile(join(slot, '0123456789abcdef.bytes'), Buffer.alloc(data.length));
    await writeFile(join(slot, '0123456789abcdef.blocks'), Buffer.alloc(1, 255));
    await expect(openAsProcess({ offline: true })).rejects.toThrow(/is not in the cache/);
    await expectRead(await openAsProcess());
    await deleteFormerCache(folder, hubFile(hub.endpoint, ID, 'model.safetensors').slot);
    expect(await readdir(slot)).toEqual([]);
    await expectRead(await openAsProcess({ offline: true }));
  });

  test('a record and blocks under the key of others are not read', async () => {
    await expectRead(await openAsProcess());
    const [first] = await blockFiles();
    const version = dirname(first!);
    await rename(version, join(dirname(version), '0123456789abcdef'));
    await expectRead(await openAsProcess());
  });
});
