import { beforeEach, describe, expect, test } from 'vitest';
import { CancelledError } from '../../src/errors.js';
import { hubFile } from '../../src/hub/location.js';
import { remoteSource } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { DATA, expectWhole, ID, PATH, type RemoteTest, startRemoteTest, times } from './remote-files.js';

let remote: RemoteTest;

beforeEach(async () => {
  remote = await startRemoteTest();
});

describe('a broken server', () => {
  test('a broken connection is resumed at the byte where it broke', async () => {
    const cut = times(3, (request, response) => {
      const start = Number(/=(\d+)/.exec(request.headers.range!)![1]);
      response.writeHead(206, { 'content-range': `bytes ${start}-${DATA.length - 1}/${DATA.length}` });
      response.write(DATA.subarray(start, start + 1000), () => response.destroy());
    });
    const source = await remote.open();
    remote.hub.storageFault = cut;
    await expectWhole(source);
    const starts = remote.hub.storage.slice(1).map(({ range }) => Number(/=(\d+)/.exec(range!)![1]));
    expect(starts).toHaveLength(4);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    expect(remote.waits).toEqual([0.5, 1, 2]);
  });

  test.each([500, 502, 503, 504, 408])('status %i: another attempt', async (status) => {
    remote.hub.hubFault = times(2, (_, response) => response.writeHead(status).end());
    await expectWhole(await remote.open());
    expect(remote.waits).toEqual([0.5, 1]);
  });

  test('status 500 at every attempt: an error after five', async () => {
    remote.hub.storageFault = times(Number.POSITIVE_INFINITY, (_, response) => response.writeHead(500).end());
    expect(await remote.failure()).toBe(
      `cannot fetch ${PATH}: the server responded with 500; given up after 5 attempts`,
    );
    expect(remote.waits).toEqual([0.5, 1, 2, 4]);
  });

  test('connections that all break without progress: an error after five attempts', async () => {
    const source = await remote.open();
    remote.hub.storageFault = times(Number.POSITIVE_INFINITY, (_, response) => response.destroy());
    await expect(source.read(0, DATA.length)).rejects.toThrow(/the connection failed .*; given up after 5 attempts/);
  });

  test('no server at the address', async () => {
    const location = hubFile('http://127.0.0.1:1', parseHubId(ID)!, 'model.safetensors');
    await expect(remoteSource(location, { sleep: async () => {} })).rejects.toThrow(/connection failed/);
  });

  test('429: waits for Retry-After, in seconds or as a date', async () => {
    const dates = { date: 'Mon, 23 Nov 2026 12:00:00 GMT', 'retry-after': 'Mon, 23 Nov 2026 12:00:09 GMT' };
    const [first, second] = [{ 'retry-after': '7' }, dates];
    let headers: Record<string, string> = first;
    remote.hub.hubFault = times(2, (_, response) => {
      response.sendDate = false;
      response.writeHead(429, headers).end();
      headers = second;
    });
    await expectWhole(await remote.open());
    expect(remote.waits).toEqual([7, 9]);
  });

  test('429 with a Retry-After of an hour: an error at once', async () => {
    remote.hub.hubFault = times(9, (_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    expect(await remote.failure()).toMatch(/the server responded with 429 \(Retry-After: 3600 s\)/);
  });
});

describe('a slow server', () => {
  test('no response in time: another attempt', async () => {
    remote.hub.hubFault = times(1, () => {});
    await expectWhole(await remote.open({ timeout: 0.1 }));
    expect(remote.waits).toEqual([0.5]);
  });

  test('no more bytes in the middle of a response: an error after five attempts', async () => {
    const source = await remote.open({ timeout: 0.1 });
    remote.hub.storageFault = times(Number.POSITIVE_INFINITY, (request, response) => {
      const start = Number(/=(\d+)/.exec(request.headers.range!)![1]);
      response.writeHead(206, { 'content-range': `bytes ${start}-${DATA.length - 1}/${DATA.length}` });
      response.write(DATA.subarray(start, start + 10));
    });
    await expect(source.read(0, DATA.length)).rejects.toThrow(/nothing arrived for 0.1 s; given up after 5 attempts/);
  });

  test('a signal cancels', async () => {
    const controller = new AbortController();
    remote.hub.hubFault = times(9, () => setTimeout(() => controller.abort(), 20));
    await expect(remote.open({}, controller.signal)).rejects.toThrow(CancelledError);
    await expect(remote.open({}, AbortSignal.abort())).rejects.toThrow(CancelledError);
  });
});
