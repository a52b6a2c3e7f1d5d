import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { cacheFolder } from '../../src/hub/cache-folder.js';
import { hubFile, webFile } from '../../src/hub/location.js';
import { HUB_ENDPOINT, hubUrl, parseHubId } from '../../src/hub/repository.js';

test.each([
  ['EPFL-VILAB/4M-21_B', { id: 'EPFL-VILAB/4M-21_B', revision: 'main' }],
  ['EPFL-VILAB/4M-21_B@v1.0', { id: 'EPFL-VILAB/4M-21_B', revision: 'v1.0' }],
  ['a/b@refs/pr/1', { id: 'a/b', revision: 'refs/pr/1' }],
])('%s is an id of the Hub', (text, expected) => {
  expect(parseHubId(text)).toEqual(expected);
});

test.each([
  '',
  'toybox',
  'a/b/c',
  '../b',
  'a/..',
  './a',
  '/a/b',
  'a/b@',
  'a/b@../../x',
  'a/b@/x',
  'a b/c',
  'a\\b/c',
  'a/b?x',
  'a/b#x',
  'http://a/b',
])('%j is none', (text) => {
  expect(parseHubId(text)).toBeUndefined();
});

const variables = (set: Readonly<Record<string, string>>) => (name: string) => set[name];

test('addresses', () => {
  const repository = { id: 'a/b', revision: 'refs/pr/1' };
  expect(hubUrl(HUB_ENDPOINT, repository, 'x y.bin').href).toBe(
    'https://huggingface.co/a/b/resolve/refs%2Fpr%2F1/x%20y.bin',
  );
  expect(hubUrl('https://mirror.example/hub', repository, 'd/x').href).toBe(
    'https://mirror.example/hub/a/b/resolve/refs%2Fpr%2F1/d/x',
  );
  expect(() => hubUrl('file:///etc', repository, 'x')).toThrow(InvalidInputError);
});

test('ids and file names cannot point outside the cache or the repository', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '@', 'a', '%', ':', '\0', '~') }),
      fc.string(),
      (id, file) => {
        const repository = parseHubId(id);
        if (!repository) return;
        try {
          const { slot, url } = hubFile(HUB_ENDPOINT, repository, file);
          expect(slot.split('/').some((part) => part === '' || part === '.' || part === '..')).toBe(false);
          expect(url.href.startsWith(`https://huggingface.co/${repository.id}/resolve/`)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('each address has its own key in the cache', () => {
  const [one, other] = ['http://h:80/a/../x.bin?y=1', 'http://h:80/x.bin?y=2'].map((url) => webFile(new URL(url)).slot);
  expect(one).toMatch(/^h\/[0-9a-f]{16}-x\.bin$/);
  expect(other).not.toBe(one);
});

test('the folder of the cache, by environment and system', () => {
  expect(cacheFolder(variables({ FOURM_CACHE: '/c', XDG_CACHE_HOME: '/x' }), 'linux')).toBe('/c');
  expect(cacheFolder(variables({ XDG_CACHE_HOME: '/x' }), 'linux')).toBe('/x/fourm');
  expect(cacheFolder(variables({}), 'linux')).toMatch(/\.cache\/fourm$/);
  expect(cacheFolder(variables({}), 'darwin')).toMatch(/Library\/Caches\/fourm$/);
  expect(cacheFolder(variables({ LOCALAPPDATA: '/l' }), 'win32')).toBe('/l/fourm/Cache');
});

test.each<[string, () => string]>([
  [
    'a user whom the system does not know',
    () => {
      throw Object.assign(new Error('uv_os_homedir'), { code: 'ENOENT' });
    },
  ],
  ['an empty HOME', () => ''],
  ['a HOME that is no path', () => 'home'],
])('%s has no folder for downloads: FOURM_CACHE is named', (_, home) => {
  expect(() => cacheFolder(variables({}), 'linux', home)).toThrow(InvalidInputError);
  expect(() => cacheFolder(variables({}), 'darwin', home)).toThrow(/FOURM_CACHE/);
  expect(cacheFolder(variables({ FOURM_CACHE: '/c' }), 'linux', home)).toBe('/c');
});
