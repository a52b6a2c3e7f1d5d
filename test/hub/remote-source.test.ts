import { beforeEach, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { hubFile } from '../../src/hub/location.js';
import { BEGINNING } from '../../src/hub/remote-source.js';
import { parseHubId } from '../../src/hub/repository.js';
import { DATA, expectWhole, ID, PATH, type RemoteTest, startRemoteTest, times } from './remote-files.js';

let remote: RemoteTest;

beforeEach(async () => {
  remote = await startRemoteTest();
});

test('reads a file by range', async () => {
  const source = await remote.open();
  expect(source).toMatchObject({ name: PATH, size: DATA.length });
  expect(Buffer.compare(await source.read(BEGINNING + 7, 100), DATA.subarray(BEGINNING + 7, BEGINNING + 107))).toBe(0);
  await expectWhole(source);
});

test('a token is sent to the Hub, and not to the server that it redirects to', async () => {
  await expectWhole(await remote.open({ token: 'hf_secret' }));
  expect(remote.hub.hub.map(({ authorization }) => authorization)).toEqual(['Bearer hf_secret', 'Bearer hf_secret']);
  expect(remote.hub.storage.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
});

describe('a typed error names the missing part', () => {
  test.each([
    ['a repository', { id: 'EPFL-VILAB/4M-99_B' }, /no such repository, or it is private.*HF_TOKEN/],
    ['a revision', { id: `${ID}@v9` }, /no such revision/],
    ['a file', { file: 'config.json' }, /no such file/],
  ])('%s', async (_, options, message) => {
    expect(await remote.failure(options)).toMatch(message);
  });

  test('access to a gated repository', async () => {
    remote.hub.hubFault = times(1, (_, response) => response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end());
    expect(await remote.failure()).toMatch(/access to it must be requested on its page first/);
  });

  test.each(['../up', 'a/../b', '/etc/passwd', 'a//b', '', 'a\\b'])('a file name %j', async (file) => {
    expect(() => hubFile(remote.hub.endpoint, parseHubId(ID)!, file)).toThrow(InvalidInputError);
  });
});
