import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { InvalidInputError, MediaError } from '../../src/errors.js';
import { readTar, writeTar } from '../../src/io/tar.js';

const folder = mkdtempSync(join(tmpdir(), 'fourm-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const two = [
  { name: 'park/0001.npy', content: bytes('first') },
  { name: `${'long/'.repeat(30)}0002.npy`, content: new Uint8Array(1025).fill(7) },
];

test('archives are read back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.stringMatching(/^[a-zé]{1,40}\.npy$/), content: fc.uint8Array() })),
      (files) => {
        expect(
          readTar(writeTar(files)).map(({ name, content }) => ({ name, content: Uint8Array.from(content) })),
        ).toEqual(files);
      },
    ),
  );
});

test('the system tar reads ours, and ours reads the archives of the system tar', () => {
  const ours = join(folder, 'ours.tar');
  writeFileSync(ours, writeTar(two));
  const listed = execFileSync('tar', ['--list', '--file', ours], { encoding: 'utf8' }).trim().split('\n');
  expect(listed).toEqual(two.map(({ name }) => name));
  const content = execFileSync('tar', ['--extract', '--to-stdout', '--file', ours, two[1]!.name]);
  expect(new Uint8Array(content)).toEqual(two[1]!.content);

  writeFileSync(join(folder, 'own.txt'), 'own');
  const theirs = join(folder, 'theirs.tar');
  execFileSync('tar', ['--create', '--format', 'ustar', '--file', theirs, '--directory', folder, 'own.txt']);
  expect(readTar(Uint8Array.from(readFileSync(theirs)))).toMatchObject([{ name: 'own.txt', content: bytes('own') }]);
});

test.each(['pax', 'gnu'])('long and foreign names of %s archives are read, with folders among the files', (format) => {
  const name = `${'l\u00f6ng-'.repeat(30)}.npy`;
  const root = join(folder, format);
  mkdirSync(join(root, 'grüner Park'), { recursive: true });
  writeFileSync(join(root, 'grüner Park', name), 'first');
  writeFileSync(join(root, 'z.npy'), 'second');
  const file = join(folder, `${format}.tar`);
  execFileSync('tar', ['--create', '--format', format, '--sort=name', '--file', file, '--directory', root, '.']);
  expect(readTar(Uint8Array.from(readFileSync(file)))).toMatchObject([
    { name: `./grüner Park/${name}`, content: bytes('first') },
    { name: './z.npy', content: bytes('second') },
  ]);
});

describe('an archive is refused', () => {
  const tar = writeTar(two);
  test('compressed by gzip', () => {
    expect(() => readTar(gzipSync(tar))).toThrow('compressed by gzip; expected a plain tar');
  });
  test.each(['27 path=cut.npy\n', 'x path=a\n', '12 path=abcd'])('with the pax records %j', (records) => {
    const pax = writeTar([{ name: 'pax', content: bytes(records) }]);
    pax[156] = 'x'.charCodeAt(0);
    // The letter in place of the digit changes the sum of the header.
    const sum = (Number.parseInt(new TextDecoder().decode(pax.subarray(148, 154)), 8) + 0x78 - 0x30).toString(8);
    pax.set(bytes(sum.padStart(6, '0')), 148);
    expect(() => readTar(pax)).toThrow('damaged tar: records of pax');
  });
  test('truncated anywhere before its end marker', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: tar.length - 1025 }), (length) => {
        expect(() => readTar(tar.slice(0, length))).toThrow(MediaError);
      }),
    );
  });
  test('with a changed header', () => {
    const damaged = tar.slice();
    damaged[3]! ^= 1;
    expect(() => readTar(damaged)).toThrow('damaged tar: wrong checksum of the header at byte 0');
  });
  test('to be written with a name that is too long', () => {
    expect(() => writeTar([{ name: 'x'.repeat(101), content: bytes('') }])).toThrow(InvalidInputError);
  });
});
