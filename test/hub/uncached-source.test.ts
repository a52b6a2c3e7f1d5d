import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/checkpoints/byte-source.js';
import { CancelledError, DownloadError, InvalidInputError } from '../../src/errors.js';
import { hubFile, webFile } from '../../src/hub/location.js';
import type { RemoteOptions } from '../../src/hub/remote-file.js';
import { BEGINNING, remoteSource } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { type HubServer, sendRange, serve, startHub } from './hub-server.js';

const ID = 'EPFL-VILAB/4M_tokenizers_depth_8k_224-448';
const PATH = `${ID}/model.safetensors`;
const data = randomBytes(3 * BEGINNING);

let hub: HubServer;
let waits: number[];

beforeEach(async () => {
  hub = await startHub({ [PATH]: data });
  waits = [];
});

function open(options: RemoteOptions & { id?: string; file?: string } = {}, signal?: AbortSignal): Promise<ByteSource> {
  const { id = ID, file = 'model.safetensors', ...rest } = options;
  const sleep = async (seconds: number) => void waits.push(seconds);
  return remoteSource(hubFile(hub.endpoint, parseHubId(id)!, file), { sleep, ...rest }, signal);
}

async function expectWhole(source: ByteSource): Promise<void> {
  expect(Buffer.compare(await source.read(0, source.size), data)).toBe(0);
}

/** Reads all and must fail: a typed error in one line. @returns its message */
async function failure(options: Parameters<typeof open>[0] = {}): Promise<string> {
  const error = await open(options)
    .then((source) => source.read(0, source.size))
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DownloadError);
  const { message } = error as DownloadError;
  expect(message).not.toContain('\n');
  return message;
}

/** Answers so many requests in a way of its own, and the rest as it should. */
function times(count: number, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  let left = count;
  return (request: IncomingMessage, response: ServerResponse) => {
    if (left-- <= 0) return false;
    answer(request, response);
    return true;
  };
}

test('a good server: the file, by range', async () => {
  const source = await open();
  expect(source).toMatchObject({ name: PATH, size: data.length });
  expect(Buffer.compare(await source.read(BEGINNING + 7, 100), data.subarray(BEGINNING + 7, BEGINNING + 107))).toBe(0);
  await expectWhole(source);
});

test('a token goes to the Hub, and not to the server that it redirects to', async () => {
  await expectWhole(await open({ token: 'hf_secret' }));
  expect(hub.hub.map(({ authorization }) => authorization)).toEqual(['Bearer hf_secret', 'Bearer hf_secret']);
  expect(hub.storage.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
});

describe('a broken server', () => {
  test('a connection cut in the middle goes on where it was cut', async () => {
    const cut = times(3, (request, response) => {
      const start = Number(/=(\d+)/.exec(request.headers.range!)![1]);
      response.writeHead(206, { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` });
      response.write(data.subarray(start, start + 1000), () => response.destroy());
    });
    const source = await open();
    hub.storageFault = (request, response) => cut(request, response);
    await expectWhole(source);
    const starts = hub.storage.slice(1).map(({ range }) => Number(/=(\d+)/.exec(range!)![1]));
    expect(starts).toHaveLength(4);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    expect(waits).toEqual([0.5, 1, 2]);
  });

  test.each([500, 502, 503, 504, 408])('status %i is tried again', async (status) => {
    hub.hubFault = times(2, (_, response) => response.writeHead(status).end());
    await expectWhole(await open());
    expect(waits).toEqual([0.5, 1]);
  });

  test('status 500 forever is given up', async () => {
    hub.storageFault = times(Number.POSITIVE_INFINITY, (_, response) => response.writeHead(500).end());
    expect(await failure()).toBe(`cannot fetch ${PATH}: the server answered 500; given up after 5 attempts`);
    expect(waits).toEqual([0.5, 1, 2, 4]);
  });

  test('a server that cuts every connection is given up, unless each brings it on', async () => {
    const source = await open();
    hub.storageFault = times(Number.POSITIVE_INFINITY, (_, response) => response.destroy());
    await expect(source.read(0, data.length)).rejects.toThrow(/the connection failed .*; given up after 5 attempts/);
  });

  test('nobody there', async () => {
    const location = hubFile('http://127.0.0.1:1', parseHubId(ID)!, 'model.safetensors');
    await expect(remoteSource(location, { sleep: async () => {} })).rejects.toThrow(/connection failed/);
  });

  test('429 waits as long as the server asks, given in seconds or as a date', async () => {
    const dates = { date: 'Mon, 23 Nov 2026 12:00:00 GMT', 'retry-after': 'Mon, 23 Nov 2026 12:00:09 GMT' };
    const [first, second] = [{ 'retry-after': '7' }, dates];
    let headers: Record<string, string> = first;
    hub.hubFault = times(2, (_, response) => {
      response.sendDate = false;
      response.writeHead(429, headers).end();
      headers = second;
    });
    await expectWhole(await open());
    expect(waits).toEqual([7, 9]);
  });

  test('429 for an hour is not waited for', async () => {
    hub.hubFault = times(9, (_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    expect(await failure()).toMatch(/the server answered 429 and asks to wait for 3600 s/);
  });
});

describe('a slow server', () => {
  test('one that answers late enough is given up, and tried again', async () => {
    hub.hubFault = times(1, () => {});
    await expectWhole(await open({ patience: 0.1 }));
    expect(waits).toEqual([0.5]);
  });

  test('one that falls silent in the middle', async () => {
    const source = await open({ patience: 0.1 });
    hub.storageFault = times(Number.POSITIVE_INFINITY, (request, response) => {
      const start = Number(/=(\d+)/.exec(request.headers.range!)![1]);
      response.writeHead(206, { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` });
      response.write(data.subarray(start, start + 10));
    });
    await expect(source.read(0, data.length)).rejects.toThrow(/nothing arrived for 0.1 s; given up after 5 attempts/);
  });

  test('can be stopped', async () => {
    const controller = new AbortController();
    hub.hubFault = times(9, () => setTimeout(() => controller.abort(), 20));
    await expect(open({}, controller.signal)).rejects.toThrow(CancelledError);
    await expect(open({}, AbortSignal.abort())).rejects.toThrow(CancelledError);
  });
});

describe('a server that contradicts itself', () => {
  /** The storage answers every request after the first with these headers and this body. */
  async function lie(headers: Record<string, string | number>, body: Buffer, status = 206): Promise<string> {
    let first = true;
    hub.storageFault = (_, response) => {
      if (first) {
        first = false;
        return false;
      }
      response.writeHead(status, headers).end(body);
      return true;
    };
    return failure();
  }
  const range = `bytes 0-${data.length - 1}/${data.length}`;

  test.each([
    ['another range', 'bytes 5-10/786432', /bytes 0-786431 were asked for, and "bytes 5-10\/786432" was answered/],
    ['a longer file', 'bytes 0-786431/786433', /names 786432 bytes, and the server that stores the file 786433/],
    ['an unknown size', 'bytes 0-786431/*', /were asked for, and/],
    ['no range at all', 'x'.repeat(500), /were asked for, and "x{100}" was answered/],
  ])('a Content-Range that names %s', async (_, contentRange, message) => {
    expect(await lie({ 'content-range': contentRange }, data)).toMatch(message);
  });

  test('fewer bytes than announced, again and again', async () => {
    expect(await lie({ 'content-range': range }, Buffer.alloc(0))).toMatch(/ended after 0 of 786432 bytes; given up/);
  });

  test('a body that never ends', async () => {
    const source = await open();
    let sent = 0;
    hub.storageFault = times(1, (_, response) => {
      response.writeHead(206, { 'content-range': range });
      const more = () => {
        if (response.destroyed) return;
        sent += data.length;
        response.write(data, more);
      };
      more();
    });
    await expect(source.read(0, data.length)).rejects.toThrow(/more than the 786432 announced bytes arrived/);
    expect(sent).toBeLessThan(50 * data.length);
  });

  test('a web page', async () => {
    expect(await lie({ 'content-type': 'text/html' }, Buffer.from('<html>'), 200)).toMatch(/answered with a web page/);
  });

  test('a part that comes compressed', async () => {
    expect(await lie({ 'content-range': range, 'content-encoding': 'br' }, data)).toMatch(/encoded as br/);
  });

  test('a size in the redirect that is not the file’s', async () => {
    hub.lies.size = 99;
    expect(await failure()).toMatch(/the Hub names 99 bytes, and the server that stores the file 786432/);
  });

  test('redirects in a circle', async () => {
    hub.hubFault = (request, response) => {
      response.writeHead(302, { location: `${request.url}?again` }).end();
      return true;
    };
    expect(await failure()).toMatch(/redirects more than 10 times/);
    expect(hub.hub).toHaveLength(11);
  });

  test.each([
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['http://', 'http://'],
    ['data:text/plain,x', 'data:text/plain,…'],
    ['ftp://me:secret@h/x?sig=secret', 'ftp://…@h/x?…'],
    ['http://me:secret@h/x', 'http://…@h/x'],
  ])('a redirect to %s', async (location, shown) => {
    hub.hubFault = times(1, (_, response) => response.writeHead(302, { location }).end());
    expect(await failure()).toContain(`the server redirects to '${shown}'`);
  });

  test('a commit that is none does not become part of an address', async () => {
    hub.lies.commit = '../../../etc';
    await expectWhole(await open());
    expect(hub.hub.every(({ path }) => path.includes('/resolve/main/'))).toBe(true);
  });

  test('a file that changes while it is read', async () => {
    const source = await open();
    hub.files.set(PATH, randomBytes(data.length));
    await expect(source.read(0, data.length)).rejects.toThrow(/changed on the server while it was being read/);
  });
});

describe('what is absent', () => {
  test.each([
    ['a repository', { id: 'EPFL-VILAB/4M-99_B' }, /no such repository, or it is private.*HF_TOKEN/],
    ['a revision', { id: `${ID}@v9` }, /no such revision/],
    ['a file', { file: 'config.json' }, /no such file/],
  ])('%s', async (_, options, message) => {
    expect(await failure(options)).toMatch(message);
  });

  test('access', async () => {
    hub.hubFault = times(1, (_, response) => response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end());
    expect(await failure()).toMatch(/access to it must be requested on its page first/);
  });

  test.each(['../up', 'a/../b', '/etc/passwd', 'a//b', '', 'a\\b'])('a file called %j', async (file) => {
    expect(() => hubFile(hub.endpoint, parseHubId(ID)!, file)).toThrow(InvalidInputError);
  });
});

describe('servers elsewhere', () => {
  /** Answers the first requests with parts and the others with the whole file, as a service worker may from its own cache. */
  test('one that sends parts, and later the whole file', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      if (requests++ === 0) sendRange(request, response, data);
      else response.writeHead(200, { etag: '"storage"', 'content-length': data.length }).end(data);
    });
    const source = await remoteSource(webFile(new URL('/x.safetensors', address)), {});
    const part = await source.read(BEGINNING + 5, BEGINNING);
    expect(Buffer.compare(part, data.subarray(BEGINNING + 5, 2 * BEGINNING + 5))).toBe(0);
    await expectWhole(source);
  });

  test('one whose connections break every 32 KiB, from the first request on', async () => {
    const address = await serve((request, response) => {
      const [, start, last] = /=(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
      const end = Math.min(last! + 1, data.length);
      response.writeHead(206, { etag: '"x"', 'content-range': `bytes ${start}-${end - 1}/${data.length}` });
      response.write(data.subarray(start, Math.min(start! + 2 ** 15, end)), () => response.destroy());
    });
    const sleep = async (seconds: number) => void waits.push(seconds);
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), { sleep }));
    expect(new Set(waits)).toEqual(new Set([0.5]));
  });

  test.each([
    ['shifts every range but the first', (start: number) => (start === 0 ? 0 : start + 1)],
    ['begins every range at the first byte', () => 0],
  ])('one that %s', async (_, wrong) => {
    const address = await serve((request, response) => {
      const [, start, last] = /=(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
      const end = Math.min(last! + 1, data.length);
      response.writeHead(206, { etag: '"x"', 'content-range': `bytes ${start}-${end - 1}/${data.length}` });
      response.end(Buffer.concat([data, Buffer.alloc(9)]).subarray(wrong(start!), wrong(start!) + end - start!));
    });
    const source = await remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(source.read(BEGINNING + 5, 10)).rejects.toThrow(/sent other bytes for \d+-262143 than before/);
  });

  /** To pages of another origin, servers show few headers unless they are told to. */
  test('one that does not expose Content-Range: the file is taken whole', async () => {
    const hidden: typeof fetch = async (url, init) => {
      const { body, status, headers } = await fetch(url, init);
      const shown = new Headers(headers);
      shown.delete('content-range');
      return new Response(body, { status, headers: shown });
    };
    const address = await serve((request, response) => sendRange(request, response, data));
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), { fetch: hidden }));
    const large = await serve((request, response) => {
      const status = request.headers.range ? 206 : 200;
      response.writeHead(status, { 'content-length': 2 ** 31 }).write('x');
    });
    await expect(remoteSource(webFile(new URL('/x.safetensors', large)), { fetch: hidden })).rejects.toThrow(
      /2147483648 bytes are too many .*Content-Range/,
    );
  });

  test.each([
    ['bytes 0-262143/9000000000000000', /announces 9000000000000000 bytes, more than any checkpoint has/],
    [`bytes 0-262143/${'9'.repeat(400)}`, /announces 9{40} bytes, more than any checkpoint has/],
    ['bytes 0-262143/-1', /were asked for, and/],
  ])('one that announces %s', async (range, message) => {
    const address = await serve((_, response) => {
      response.writeHead(206, { etag: '"x"', 'content-range': range }).end(data.subarray(0, BEGINNING));
    });
    const attempt = remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(attempt).rejects.toThrow(DownloadError);
    await expect(attempt).rejects.toThrow(message);
  });

  test.each(['content-length', 'x-linked-size'])('one whose %s no file has', async (header) => {
    const fetch = async () => new Response('x', { headers: { [header]: '9'.repeat(400) } });
    await expect(remoteSource(webFile(new URL('http://h/x.safetensors')), { fetch })).rejects.toThrow(
      /announces 9{40}/,
    );
  });

  test('one that knows no ranges: the file is taken at once', async () => {
    const address = await serve((_, response) => response.end(data));
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });

  test('one that does not say how long the file is, either', async () => {
    const address = await serve((_, response) => {
      response.write(data.subarray(0, 9));
      response.end(data.subarray(9));
    });
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });

  test('one that knows no ranges, and a file too large for that', async () => {
    const address = await serve((_, response) => response.writeHead(200, { 'content-length': 2 ** 31 }).write('x'));
    const attempt = remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(attempt).rejects.toThrow(
      /2147483648 bytes are too many to take at once, and its server sends no parts/,
    );
  });

  test('one with ranges', async () => {
    const address = await serve((request, response) => sendRange(request, response, data));
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });
});
