import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ByteSource } from '../../src/checkpoints/byte-source.js';
import { CancelledError, DownloadError, OutputError } from '../../src/errors.js';
import { BLOCK } from '../../src/hub/blocks.js';
import { FolderStore } from '../../src/hub/folder-store.js';
import { hubFile, webFile } from '../../src/hub/location.js';
import { remoteSource, type SourceOptions } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { COMMIT, type HubServer, sendRange, serve, startHub, tagOf } from './hub-server.js';

const ID = 'EPFL-VILAB/4M-21_B';
const PATH = `${ID}/model.safetensors`;
const data = randomBytes(8 * BLOCK + 1234);

let hub: HubServer;
let folder: string;
let waits: number[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  hub = await startHub({ [PATH]: data });
  waits = [];
});

async function open(
  more: SourceOptions & { id?: string; folder?: string } = {},
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { id = ID, folder: other = folder, ...options } = more;
  const sleep = async (seconds: number) => void waits.push(seconds);
  const location = hubFile(hub.endpoint, parseHubId(id)!, 'model.safetensors');
  return remoteSource(location, { store: new FolderStore(other), sleep, ...options }, signal);
}

/** Where the file's blocks are kept. */
function slot(): string {
  return join(folder, 'fourm-blocks', new URL(hub.endpoint).host.replace(':', '_'), PATH);
}

function ranges(): string[] {
  return hub.storage.map(({ range }) => range!.replace('bytes=', ''));
}

/** Range of the bytes of a cached block that are fetched to compare the server with the cache. */
function sampled(block: number): string {
  return `${(block + 1) * BLOCK - 64}-${(block + 1) * BLOCK - 1}`;
}

async function expectRead(source: ByteSource, offset: number, length: number): Promise<void> {
  expect(Buffer.compare(await source.read(offset, length), data.subarray(offset, offset + length))).toBe(0);
}

describe('reading', () => {
  test('fetches only blocks that a request touches, each once', async () => {
    const source = await open();
    expect(source).toMatchObject({ name: PATH, size: data.length });
    await expectRead(source, 10, 100);
    await expectRead(source, 3 * BLOCK + 5, 10);
    await expectRead(source, 3 * BLOCK - 5, 2 * BLOCK);
    await expectRead(source, 3 * BLOCK, 2 * BLOCK - 5);
    const block = (first: number, last: number) => `${first * BLOCK}-${(last + 1) * BLOCK - 1}`;
    expect(ranges()).toEqual([block(0, 0), block(3, 3), sampled(0), block(2, 2), block(4, 4)]);
  });

  test('another process fetches nothing again, except some known bytes to compare', async () => {
    await expectRead(await open(), 3 * BLOCK, 10);
    hub.storage.length = 0;
    await expectRead(await open(), 3 * BLOCK, 10);
    expect(ranges()).toEqual([sampled(3)]);
  });

  test('a commit cannot change: no further request', async () => {
    await expectRead(await open({ id: `${ID}@${COMMIT}` }), 0, 10);
    hub.hub.length = 0;
    await expectRead(await open({ id: `${ID}@${COMMIT}` }), 0, 10);
    expect(hub.hub).toEqual([]);
  });

  test('a branch is read at its commit at the time of opening', async () => {
    const source = await open();
    await source.read(2 * BLOCK, 1);
    expect(hub.hub.map(({ path }) => path.split('/')[4])).toEqual(['main', COMMIT, COMMIT]);
  });

  test('several readers at once: each block is fetched once', async () => {
    const source = await open();
    await Promise.all([1, 2, 3].map((i) => expectRead(source, BLOCK + i, 2 * BLOCK)));
    expect(ranges()).toEqual([`0-${BLOCK - 1}`, `${BLOCK}-${4 * BLOCK - 1}`, sampled(0)]);
  });

  test('the last block, shorter than the others', async () => {
    await expectRead(await open(), 8 * BLOCK + 1000, 234);
  });

  test('a small file, which the Hub sends without a redirect', async () => {
    const small = Buffer.from('{}');
    hub.files.set(`${ID}/fourm.json`, small);
    const location = hubFile(hub.endpoint, parseHubId(ID)!, 'fourm.json');
    const source = await remoteSource(location, { store: new FolderStore(folder) });
    expect(Buffer.from(await source.read(0, source.size)).toString()).toBe('{}');
    expect(hub.storage).toEqual([]);
  });

  test('progress counts received bytes', async () => {
    const reports: number[] = [];
    const source = await open({ onDownload: ({ received }) => reports.push(received) });
    await source.read(4 * BLOCK, BLOCK);
    expect(reports.at(-1)).toBe(2 * BLOCK + 64);
    expect(reports).toEqual([...reports].sort((a, b) => a - b));
  });
});

describe('a whole file', () => {
  const readAll = async (source: ByteSource) => expectRead(source, 0, data.length);

  test('is compared with the checksum once', async () => {
    await readAll(await open());
    expect(await readdir(slot(), { recursive: true })).toContainEqual(expect.stringMatching(/checked$/));
    hub.lies.sha256 = tagOf(Buffer.from('another'));
    await readAll(await open({ offline: true }));
  });

  test('with a wrong checksum is deleted, and read anew the next time', async () => {
    hub.lies.sha256 = tagOf(Buffer.from('another'));
    const source = await open();
    await source.read(0, 10);
    const attempt = source.read(0, data.length);
    await expect(attempt).rejects.toThrow(DownloadError);
    await expect(attempt).rejects.toThrow(/is damaged: its SHA-256 is [0-9a-f]{64}, and the server names/);
    expect(await readdir(slot())).toEqual(['version.json']);
    hub.lies.sha256 = undefined;
    await readAll(await open());
  });

  test('interrupted by the end of the process: resumed at the last whole block', async () => {
    hub.storageFault = (request, response) => {
      if (!request.headers.range?.startsWith(`bytes=${BLOCK}-`)) return false;
      response.writeHead(206, { 'content-range': `bytes ${BLOCK}-${data.length - 1}/${data.length}` });
      response.write(data.subarray(BLOCK, 4 * BLOCK + 100), () => response.destroy());
      return true;
    };
    const dying = async () => {
      throw new Error('killed');
    };
    await expect((await open({ sleep: dying })).read(0, data.length)).rejects.toThrow('killed');
    hub.storageFault = undefined;
    hub.storage.length = 0;
    await readAll(await open());
    expect(ranges()).toEqual([sampled(3), `${4 * BLOCK}-${data.length - 1}`]);
  });
});

describe('offline', () => {
  test('reads the cache without any request', async () => {
    await expectRead(await open(), 5, 10);
    hub.hub.length = 0;
    await expectRead(await open({ offline: true }), 5, 10);
    expect(hub.hub).toEqual([]);
  });

  test('an error names a file or part that is not cached', async () => {
    await expect(open({ offline: true })).rejects.toThrow(`${PATH} is not in the cache ${folder}`);
    await (await open()).read(0, 1);
    const attempt = (await open({ offline: true })).read(3 * BLOCK, 10);
    await expect(attempt).rejects.toThrow(DownloadError);
    await expect(attempt).rejects.toThrow(/bytes 786432 to 1048575 of EPFL-VILAB.* not in the cache/);
  });
});

describe('a changed cache', () => {
  test('an invalid record counts as not cached', async () => {
    await (await open()).read(0, 10);
    await writeFile(join(slot(), 'version.json'), '{"size":"large"}');
    await expectRead(await open(), 0, 10);
    await writeFile(join(slot(), 'version.json'), '{');
    await expect(open({ offline: true })).rejects.toThrow(/is not in the cache/);
  });

  test('another version on the server replaces the one in the cache', async () => {
    await (await open()).read(0, 10);
    const other = randomBytes(data.length);
    hub.files.set(PATH, other);
    const source = await open();
    expect(Buffer.compare(await source.read(0, data.length), other)).toBe(0);
    expect(await readdir(slot())).toHaveLength(2);
  });

  test('a server that no longer identifies versions is read without the cache', async () => {
    let identifies = true;
    const address = await serve((request, response) => {
      if (!identifies) response.setHeader = () => response;
      sendRange(request, response, data);
    });
    const openAgain = () =>
      remoteSource(webFile(new URL('/x.safetensors', address)), { store: new FolderStore(folder) });
    await expectRead(await openAgain(), 0, 10);
    identifies = false;
    const source = await openAgain();
    await expectRead(source, 0, 40);
    await expectRead(source, 2 * BLOCK, 40);
  });

  test('an error names a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const attempt = open({ folder: join(folder, 'file') });
    await expect(attempt).rejects.toThrow(OutputError);
    await expect(attempt).rejects.toThrow(/cannot write the cache .*FOURM_CACHE/);
  });
});

test('a signal cancels; received blocks stay cached', async () => {
  const controller = new AbortController();
  hub.storageFault = (request, response) => {
    if (!request.headers.range?.startsWith(`bytes=${BLOCK}-`)) return false;
    response.writeHead(206, { 'content-range': `bytes ${BLOCK}-${data.length - 1}/${data.length}` });
    response.write(data.subarray(BLOCK, 3 * BLOCK));
    return true;
  };
  let blocks = 0;
  const onDownload = ({ received }: { received: number }) => {
    blocks = received / BLOCK;
    if (blocks >= 3) controller.abort();
  };
  const source = await open({ onDownload });
  await expect(source.read(0, data.length, controller.signal)).rejects.toThrow(CancelledError);
  expect(blocks).toBeGreaterThanOrEqual(3);
  hub.storageFault = undefined;
  await expectRead(await open({ offline: true }), BLOCK, 2 * BLOCK);
});
