import { describe, expect, test } from 'vitest';
import { DownloadError } from '../../src/errors.js';
import { webFile } from '../../src/hub/location.js';
import { BEGINNING, remoteSource } from '../../src/hub/remote-source.js';
import { sendRange, serve } from './hub-server.js';
import { DATA, expectWhole } from './remote-files.js';

describe('a server other than the Hub', () => {
  /** As a service worker may, from its own cache. */
  test('sends a part first, later the whole file', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      if (requests++ === 0) sendRange(request, response, DATA);
      else response.writeHead(200, { etag: '"storage"', 'content-length': DATA.length }).end(DATA);
    });
    const source = await remoteSource(webFile(new URL('/x.safetensors', address)), {});
    const part = await source.read(BEGINNING + 5, BEGINNING);
    expect(Buffer.compare(part, DATA.subarray(BEGINNING + 5, 2 * BEGINNING + 5))).toBe(0);
    await expectWhole(source);
  });

  test('breaks every connection after 32 KiB', async () => {
    const address = await serve((request, response) => {
      const [, start, last] = /=(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
      const end = Math.min(last! + 1, DATA.length);
      response.writeHead(206, { etag: '"x"', 'content-range': `bytes ${start}-${end - 1}/${DATA.length}` });
      response.write(DATA.subarray(start, Math.min(start! + 2 ** 15, end)), () => response.destroy());
    });
    const waits: number[] = [];
    const sleep = async (seconds: number) => void waits.push(seconds);
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), { sleep }));
    expect(new Set(waits)).toEqual(new Set([0.5]));
  });

  test.each([
    ['shifts every range but the first', (start: number) => (start === 0 ? 0 : start + 1)],
    ['begins every range at the first byte', () => 0],
  ])('%s', async (_, wrong) => {
    const address = await serve((request, response) => {
      const [, start, last] = /=(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
      const end = Math.min(last! + 1, DATA.length);
      response.writeHead(206, { etag: '"x"', 'content-range': `bytes ${start}-${end - 1}/${DATA.length}` });
      response.end(Buffer.concat([DATA, Buffer.alloc(9)]).subarray(wrong(start!), wrong(start!) + end - start!));
    });
    const source = await remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(source.read(BEGINNING + 5, 10)).rejects.toThrow(/sent other bytes for \d+-262143 than before/);
  });

  /** To pages of another origin, servers show few headers unless they are told to. */
  test('does not expose Content-Range: the file is read whole', async () => {
    const hidden: typeof fetch = async (url, init) => {
      const { body, status, headers } = await fetch(url, init);
      const shown = new Headers(headers);
      shown.delete('content-range');
      return new Response(body, { status, headers: shown });
    };
    const address = await serve((request, response) => sendRange(request, response, DATA));
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
    ['bytes 0-262143/-1', /were requested, and/],
  ])('announces %s', async (range, message) => {
    const address = await serve((_, response) => {
      response.writeHead(206, { etag: '"x"', 'content-range': range }).end(DATA.subarray(0, BEGINNING));
    });
    const attempt = remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(attempt).rejects.toThrow(DownloadError);
    await expect(attempt).rejects.toThrow(message);
  });

  test.each(['content-length', 'x-linked-size'])('announces an impossible %s', async (header) => {
    const fetch = async () => new Response('x', { headers: { [header]: '9'.repeat(400) } });
    await expect(remoteSource(webFile(new URL('http://h/x.safetensors')), { fetch })).rejects.toThrow(
      /announces 9{40}/,
    );
  });

  test('does not support ranges: the file is read whole', async () => {
    const address = await serve((_, response) => response.end(DATA));
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });

  test('supports no ranges and does not announce the size', async () => {
    const address = await serve((_, response) => {
      response.write(DATA.subarray(0, 9));
      response.end(DATA.subarray(9));
    });
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });

  test('supports no ranges, and the file is too large to read whole', async () => {
    const address = await serve((_, response) => response.writeHead(200, { 'content-length': 2 ** 31 }).write('x'));
    const attempt = remoteSource(webFile(new URL('/x.safetensors', address)), {});
    await expect(attempt).rejects.toThrow(
      /2147483648 bytes are too many to take at once, and its server sends no parts/,
    );
  });

  test('supports ranges', async () => {
    const address = await serve((request, response) => sendRange(request, response, DATA));
    await expectWhole(await remoteSource(webFile(new URL('/x.safetensors', address)), {}));
  });
});
