import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { cacheSize, clearCache } from '../../src/api/loading/cache.js';
import { OutputError } from '../../src/errors.js';
import { BLOCK } from '../../src/hub/blocks.js';
import type { CacheStore } from '../../src/hub/cache-store.js';
import { FolderStore } from '../../src/hub/folder-store.js';
import { hubFile } from '../../src/hub/location.js';
import { remoteSource } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { openWebStore, WebStore } from '../../src/hub/web-store.js';
import { fetchWhole } from '../../src/hub/whole-file.js';
import { FakeCaches } from './fake-caches.js';
import { serve, startHub } from './hub-server.js';

const PATH = 'a/b/model.safetensors';
const data = randomBytes(3 * BLOCK + 77);

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function webStore(): { store: WebStore; caches: FakeCaches } {
  const caches = new FakeCaches();
  return { caches, store: new WebStore(caches as unknown as CacheStorage) };
}

/** A store of a user's own, as the option `cache` takes it. */
function ownStore(): CacheStore {
  const entries = new Map<string, Uint8Array>();
  const keysIn = (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix));
  return {
    get: async (key) => entries.get(key)?.slice(),
    put: async (key, bytes) => entries.set(key, bytes.slice()) === entries,
    delete: async (prefix) => keysIn(prefix).forEach((key) => void entries.delete(key)),
    keys: async (prefix) => keysIn(prefix),
    size: async (prefix) => keysIn(prefix).reduce((sum, key) => sum + entries.get(key)!.length, 0),
  };
}

const STORES: [string, () => Promise<CacheStore>][] = [
  ['in a folder', async () => new FolderStore(await temporaryFolder())],
  ['in the Cache API', async () => webStore().store],
  ['of a program', async () => ownStore()],
];

describe.each(STORES)('a store %s', (_, make) => {
  test('contains the entries put, for any order of puts and deletions', async () => {
    const names = fc.array(fc.constantFrom('a', 'b.json', 'h_80', '12', '@v 1'), { minLength: 2, maxLength: 3 });
    const key = names.map((parts) => `${parts.slice(0, -1).join('+/')}+/${parts.at(-1)}`);
    const put = fc.record({ key, bytes: fc.uint8Array({ maxLength: 20 }) });
    const steps = fc.array(fc.oneof(put, fc.record({ prefix: fc.constantFrom('', 'a+/', 'a+/b.json+/') })));
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const store = await make();
        const expected = new Map<string, Uint8Array>();
        for (const step of steps) {
          if ('key' in step) {
            expect(await store.put(step.key, step.bytes)).toBe(true);
            expected.set(step.key, step.bytes);
          } else {
            await store.delete(step.prefix);
            for (const key of expected.keys()) if (key.startsWith(step.prefix)) expected.delete(key);
          }
        }
        for (const [key, bytes] of expected) expect(await store.get(key)).toEqual(bytes);
        for (const prefix of ['', 'a+/', 'b.json+/']) {
          const within = [...expected].filter(([key]) => key.startsWith(prefix));
          expect((await store.keys(prefix)).sort()).toEqual(within.map(([key]) => key).sort());
          expect(await store.size(prefix)).toBe(within.reduce((sum, [, { length }]) => sum + length, 0));
        }
        expect(await store.get('none/none')).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  test('keeps a file with its checks: size shown, cleared, read offline', async () => {
    const hub = await startHub({ [PATH]: data });
    const store = await make();
    const open = (offline = false) => {
      const location = hubFile(hub.endpoint, parseHubId('a/b')!, 'model.safetensors');
      return remoteSource(location, { store, offline });
    };
    const read = async (offline?: boolean) => Buffer.from(await (await open(offline)).read(0, data.length));
    expect((await read()).equals(data)).toBe(true);
    const requests = hub.storage.length;
    expect((await read(true)).equals(data)).toBe(true);
    expect(hub.storage).toHaveLength(requests);
    expect(await cacheSize(store)).toBeGreaterThanOrEqual(data.length);
    // A damaged block is fetched again.
    const key = (await store.keys('')).find((key) => /\/(bytes|2)$/.test(key))!;
    const block = (await store.get(key))!;
    block[block.length - 50]! ^= 4;
    await store.put(key, block);
    await expect(read(true)).rejects.toThrow(/not in the cache/);
    expect((await read()).equals(data)).toBe(true);
    await clearCache(store);
    expect(await cacheSize(store)).toBe(0);
    await expect(read(true)).rejects.toThrow(/not in the cache/);
  });

  test('compares a whole file with the checksum that its server names, and deletes a wrong one', async () => {
    const hub = await startHub({ [PATH]: data });
    const store = await make();
    const open = () => remoteSource(hubFile(hub.endpoint, parseHubId('a/b')!, 'model.safetensors'), { store });
    hub.lies.sha256 = '0'.repeat(64);
    const source = await open();
    await source.read(0, 10); // not the whole file yet
    await expect(source.read(0, data.length)).rejects.toThrow(
      /is damaged: its SHA-256 is .*, and the server names 0{64}/,
    );
    expect(await cacheSize(store)).toBeLessThan(BLOCK);
    hub.lies.sha256 = undefined;
    expect(Buffer.from(await (await open()).read(0, data.length)).equals(data)).toBe(true);
    expect(await store.keys('')).toContainEqual(expect.stringMatching(/checked$/));
  });
});

test('a browser without space: files are read without being kept', async () => {
  const hub = await startHub({ [PATH]: data });
  const { store, caches } = webStore();
  caches.quota = 2 * BLOCK;
  const location = hubFile(hub.endpoint, parseHubId('a/b')!, 'model.safetensors');
  const source = await remoteSource(location, { store });
  await source.fetch!([{ offset: 0, length: data.length }]);
  const requests = hub.storage.length;
  expect(Buffer.from(await source.read(0, data.length)).equals(data)).toBe(true);
  expect(hub.storage).toHaveLength(requests);
  source.forget!();
  expect(Buffer.from(await source.read(0, data.length)).equals(data)).toBe(true);
});

test('clearing a folder leaves files of other programs', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'text_tokenizer_4m_wordpiece_30k.json'), '{}');
  await new FolderStore(folder).put('a/b', Uint8Array.of(1));
  expect(await cacheSize(folder)).toBe(1);
  await clearCache(folder);
  expect(await readdir(folder)).toEqual(['text_tokenizer_4m_wordpiece_30k.json']);
  expect(await cacheSize(false)).toBe(0);
});

test('a page that may not use the Cache API has no store', async () => {
  expect(await openWebStore()).toBeUndefined();
  const forbidden = () => Promise.reject(new DOMException('sandboxed', 'SecurityError'));
  vi.stubGlobal('caches', { keys: forbidden });
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(await openWebStore()).toBeUndefined();
});

describe('a file fetched as a whole', () => {
  test.each(['etag', 'last-modified'])('is fetched again only when its %s changes', async (tag) => {
    let [body, version] = ['one', tag === 'etag' ? '"1"' : 'Mon, 23 Nov 2026 12:00:00 GMT'];
    const sent: string[] = [];
    const address = await serve((request, response) => {
      const asked = request.headers[tag === 'etag' ? 'if-none-match' : 'if-modified-since'];
      sent.push(asked === version ? 'nothing' : body);
      response.setHeader(tag, version);
      if (asked === version) response.writeHead(304).end();
      else response.end(body);
    });
    const { store } = webStore();
    const read = async () => Buffer.from(await fetchWhole(new URL(address), store, () => {})).toString();
    expect([await read(), await read()]).toEqual(['one', 'one']);
    [body, version] = ['two', tag === 'etag' ? '"2"' : 'Tue, 24 Nov 2026 12:00:00 GMT'];
    expect([await read(), await read()]).toEqual(['two', 'two']);
    expect(sent).toEqual(['one', 'nothing', 'two', 'nothing']);
    // Damaged, it is fetched anew.
    const key = (await store.keys('')).find((key) => key.endsWith('/file'))!;
    await store.put(key, new TextEncoder().encode('twodamaged'));
    expect(await read()).toBe('two');
    const gone: typeof fetch = async () => {
      throw new TypeError('Failed to fetch');
    };
    expect(Buffer.from(await fetchWhole(new URL(address), store, () => {}, gone)).toString()).toBe('two');
    await clearCache(store);
    await expect(fetchWhole(new URL(address), store, () => {}, gone)).rejects.toThrow('Failed to fetch');
  });

  test('is not kept if it is rejected, or its version is unknown', async () => {
    const address = await serve((request, response) => {
      if (request.url === '/tagged') response.setHeader('etag', '"1"');
      response.end('page');
    });
    const { store } = webStore();
    const refuse = () => {
      throw new Error('no module');
    };
    await expect(fetchWhole(new URL(`${address}/tagged`), store, refuse)).rejects.toThrow('no module');
    await fetchWhole(new URL(`${address}/plain`), store, () => {});
    expect(await store.keys('')).toEqual([]);
  });
});

test.runIf(existsSync('/proc'))('a folder that the system does not allow is an error, and not a wait', async () => {
  const hub = await startHub({ [PATH]: data });
  const store = new FolderStore('/proc/none/cache');
  const open = () => remoteSource(hubFile(hub.endpoint, parseHubId('a/b')!, 'model.safetensors'), { store });
  await expect(open()).rejects.toThrow(OutputError);
  await expect(open()).rejects.toThrow(/cannot write the cache.* the system allows no folder there; FOURM_CACHE/);
});

test('temporary files have unique names, and none is left', async () => {
  const folder = await temporaryFolder();
  const stores = [1, 2, 3].map(() => new FolderStore(folder));
  await Promise.all(
    stores.flatMap((store, i) => [1, 2, 3].map((k) => store.put('a/b', new Uint8Array(9e5).fill(i * k)))),
  );
  const [only] = await readdir(join(folder, 'fourm-blocks/a'));
  const file = await readFile(join(folder, 'fourm-blocks/a', only!));
  expect(new Set(file).size).toBe(1);
});
