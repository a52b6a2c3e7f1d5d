import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

describe('an archive is refused', () => {
  const tar = writeTar(two);
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
