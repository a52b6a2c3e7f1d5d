import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { DATA, expectWhole, PATH, type RemoteTest, startRemoteTest, times } from './remote-files.js';

let remote: RemoteTest;

beforeEach(async () => {
  remote = await startRemoteTest();
});

describe('a server that contradicts itself', () => {
  /** The storage answers every request after the first with these headers and this body. */
  async function lie(headers: Record<string, string | number>, body: Buffer, status = 206): Promise<string> {
    let first = true;
    remote.hub.storageFault = (_, response) => {
      if (first) {
        first = false;
        return false;
      }
      response.writeHead(status, headers).end(body);
      return true;
    };
    return remote.failure();
  }
  const range = `bytes 0-${DATA.length - 1}/${DATA.length}`;

  test.each([
    ['another range', 'bytes 5-10/786432', /bytes 0-786431 were requested, and "bytes 5-10\/786432" was sent/],
    ['a longer file', 'bytes 0-786431/786433', /names 786432 bytes, and the server that stores the file 786433/],
    ['an unknown size', 'bytes 0-786431/*', /were requested, and/],
    ['no range at all', 'x'.repeat(500), /were requested, and "x{100}" was sent/],
  ])('a Content-Range that names %s', async (_, contentRange, message) => {
    expect(await lie({ 'content-range': contentRange }, DATA)).toMatch(message);
  });

  test('fewer bytes than announced at every attempt', async () => {
    expect(await lie({ 'content-range': range }, Buffer.alloc(0))).toMatch(/ended after 0 of 786432 bytes; given up/);
  });

  test('a body without end', async () => {
    const source = await remote.open();
    let sent = 0;
    remote.hub.storageFault = times(1, (_, response) => {
      response.writeHead(206, { 'content-range': range });
      const more = () => {
        if (response.destroyed) return;
        sent += DATA.length;
        response.write(DATA, more);
      };
      more();
    });
    await expect(source.read(0, DATA.length)).rejects.toThrow(/more than the 786432 announced bytes arrived/);
    expect(sent).toBeLessThan(50 * DATA.length);
  });

  test('a web page', async () => {
    expect(await lie({ 'content-type': 'text/html' }, Buffer.from('<html>'), 200)).toMatch(/responded with a web page/);
  });

  test('a compressed part', async () => {
    expect(await lie({ 'content-range': range, 'content-encoding': 'br' }, DATA)).toMatch(/encoded as br/);
  });

  test('a wrong size in the redirect', async () => {
    remote.hub.lies.size = 99;
    expect(await remote.failure()).toMatch(/the Hub names 99 bytes, and the server that stores the file 786432/);
  });

  test('redirects in a circle', async () => {
    remote.hub.hubFault = (request, response) => {
      response.writeHead(302, { location: `${request.url}?again` }).end();
      return true;
    };
    expect(await remote.failure()).toMatch(/redirects more than 10 times/);
    expect(remote.hub.hub).toHaveLength(11);
  });

  test.each([
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['http://', 'http://'],
    ['data:text/plain,x', 'data:text/plain,…'],
    ['ftp://me:secret@h/x?sig=secret', 'ftp://…@h/x?…'],
    ['http://me:secret@h/x', 'http://…@h/x'],
  ])('a redirect to %s', async (location, shown) => {
    remote.hub.hubFault = times(1, (_, response) => response.writeHead(302, { location }).end());
    expect(await remote.failure()).toContain(`the server redirects to '${shown}'`);
  });

  test('an invalid commit does not become part of an address', async () => {
    remote.hub.lies.commit = '../../../etc';
    await expectWhole(await remote.open());
    expect(remote.hub.hub.every(({ path }) => path.includes('/resolve/main/'))).toBe(true);
  });

  test('a file that changes while it is read', async () => {
    const source = await remote.open();
    remote.hub.files.set(PATH, randomBytes(DATA.length));
    await expect(source.read(0, DATA.length)).rejects.toThrow(/changed on the server while it was being read/);
  });
});
