import { readdirSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../../src/errors.js';
import { decodeImage, decodeMap } from '../../src/media/decode.js';
import { fuzzing } from './fuzzing.js';

const folder = new URL('../../spec/vectors/media/files/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name !== 'bad_empty.png')
  .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: Iterable<number> & { readonly length: number };
  readonly overwrite: boolean;
}

/** Bytes replaced, left out, inserted, or taken from another file. */
const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    at: fc.nat(5000),
    remove: fc.constantFrom(0, 0, 1, 2, 4, 50),
    insert: fc.oneof(
      fc.uint8Array({ minLength: 0, maxLength: 4 }),
      fc.constantFrom<number[]>([0xff], [0xff, 0xd0], [0xff, 0xd9], [0xff, 0xda], [0, 0], [0xff, 0xff, 0xff, 0xff]),
      fc.tuple(fc.constantFrom(...files), fc.nat(2000), fc.nat(64)).map(([file, at, n]) => file.subarray(at, at + n)),
    ),
    overwrite: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

function edited(file: Uint8Array, list: readonly Edit[]): Uint8Array {
  return list.reduce<Uint8Array>((bytes, { at, remove, insert, overwrite }) => {
    const start = at % (bytes.length + 1);
    const end = start + (overwrite ? insert.length : remove);
    return new Uint8Array([...bytes.subarray(0, start), ...insert, ...bytes.subarray(end)]);
  }, file);
}

/** Gives the chunks of a PNG the right checksums, as far as there are chunks: damage then reaches what reads their data. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}

test('damaged pictures are decoded or refused, in one line', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...files), edits, fc.boolean(), (file, list, isMended) => {
      const damaged = edited(file, list);
      if (isMended && damaged[0] === 0x89) withChecksums(damaged);
      for (const decode of [decodeImage, decodeMap]) {
        try {
          const { width, height, channels, data } = decode(damaged);
          expect(data).toHaveLength(width * height * channels);
          accepted++;
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
          expect((error as Error).message).not.toContain('\n');
        }
      }
    }),
    fuzzing(),
  );
  expect(accepted).toBeGreaterThan(0);
});
