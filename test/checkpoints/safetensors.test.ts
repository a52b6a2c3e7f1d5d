import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteSource, bytesSource } from '../../src/checkpoints/byte-source.js';
import { DTYPE_NAMES, decodeValues, elementSize } from '../../src/checkpoints/dtypes.js';
import { openSafetensors, readSafetensors } from '../../src/checkpoints/safetensors.js';
import { type NamedTensor, writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { CheckpointError, InvalidInputError } from '../../src/errors.js';

/** A file with any text as its header and zeros as its data. */
function file(header: string | Uint8Array, dataBytes = 0, announced?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const names = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => !name.startsWith('__'));
const tensorOf = (name: string): fc.Arbitrary<NamedTensor> =>
  fc
    .record({ dtype: fc.constantFrom(...DTYPE_NAMES), shape: fc.array(fc.nat(4), { maxLength: 3 }) })
    .chain(({ dtype, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1) * elementSize(dtype);
      return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
        const data = decodeValues(dtype === 'BOOL' ? bytes.map((b) => b & 1) : bytes, dtype);
        return { name, dtype, shape, data };
      });
    });
const tensorLists = fc
  .uniqueArray(names, { maxLength: 6 })
  .chain((list) => fc.tuple(...list.map(tensorOf)) as fc.Arbitrary<NamedTensor[]>);
const metadata = fc.dictionary(names, fc.string({ unit: 'grapheme' }), { maxKeys: 3, noNullPrototype: true });

describe('round trip', () => {
  test('what is written is read, whatever the types, shapes and names', async () => {
    await fc.assert(
      fc.asyncProperty(tensorLists, metadata, async (tensors, meta) => {
        const bytes = writeSafetensors(tensors, meta);
        const inMemory = readSafetensors(bytes);
        const byRange = await openSafetensors(bytesSource(bytes));
        expect(inMemory.metadata).toEqual(meta);
        expect(byRange.tensors).toEqual(inMemory.tensors);
        expect([...inMemory.tensors.keys()].sort()).toEqual(tensors.map((t) => t.name).sort());
        for (const { name, dtype, shape, data } of tensors) {
          const entry = inMemory.tensors.get(name)!;
          expect([entry.dtype, entry.shape, entry.offset % elementSize(dtype)]).toEqual([dtype, shape, 0]);
          expect(inMemory.read(name)).toEqual(data);
          expect(await byRange.read(name)).toEqual(data);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the order tensors come in does not change a byte', () => {
    fc.assert(
      fc.property(tensorLists, (tensors) => {
        expect(writeSafetensors([...tensors].reverse())).toEqual(writeSafetensors(tensors));
      }),
      { numRuns: 30 },
    );
  });

  test('files without alignment, also inside a Node Buffer, are read into memory of their own', () => {
    const header =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}';
    const bytes = Buffer.concat([Buffer.from('?'), file(header, 5)]).subarray(1);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 4, 1.5, true);
    const read = readSafetensors(bytes).read('b');
    bytes.fill(0);
    expect(read).toEqual(new Float32Array([1.5]));
  });
});

describe('writing refuses', () => {
  const f32 = (name: string, values: number[] = [1]): NamedTensor => ({
    name,
    dtype: 'F32',
    shape: [values.length],
    data: new Float32Array(values),
  });
  test.each<[string, NamedTensor[], RegExp]>([
    ['a name used twice', [f32('w'), f32('w')], /"w" is given twice/],
    ['a reserved name', [f32('__metadata__')], /reserved/],
    ['a name that is not Unicode', [f32('\ud800')], /Unicode/],
    ['a shape that does not fit', [{ ...f32('w'), shape: [2] }], /"w": shape \[2\] does not fit 1 values/],
    ['an array of another class', [{ ...f32('w'), dtype: 'I32' }], /"w": I32 is written from a Int32Array/],
    ['overflow to float16', [{ ...f32('w', [0, 65520]), dtype: 'F16' }], /65520 is too large for F16/],
    ['overflow to bfloat16', [{ ...f32('w', [3.4e38]), dtype: 'BF16' }], /too large for BF16/],
    ['a BOOL of 2', [{ name: 'm', dtype: 'BOOL', shape: [1], data: new Uint8Array([2]) }], /0 or 1/],
  ])('%s', (_, tensors, message) => {
    expect(() => writeSafetensors(tensors)).toThrow(InvalidInputError);
    expect(() => writeSafetensors(tensors)).toThrow(message);
  });
});

describe('a file that lies is refused, by name', () => {
  const entry = (dtype: string, shape: string, offsets: string) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  const one = (text: string) => `{"w":${text}}`;
  const empty = entry('U8', '[0]', '[0,0]');

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /x\.st: not a safetensors file: 0 bytes/],
    ['header longer than the file', file('{}', 0, 100n), /x\.st: truncated/],
    ['header longer than a number can say', file('{}', 0, 2n ** 64n - 1n), /18446744073709551615/],
    ['not an object', file('[]'), /does not begin with "\{"/],
    ['not UTF-8', file(new Uint8Array([0x7b, 0xff, 0x7d])), /UTF-8/],
    ['not JSON', file('{"w":}'), /JSON/],
    ['a name twice', file(`{"w":${empty},"\\u0077":${empty}}`), /"w" twice/],
    ['a field twice', file(one('{"dtype":"U8","dtype":"U8"}')), /"dtype" twice/],
    ['an unknown field', file(one('{"dtype":"U8","stride":[1]}')), /tensor "w": unknown field "stride"/],
    ['a missing field', file(one('{"dtype":"U8"}')), /tensor "w": its entry lacks/],
    ['a name that is not Unicode', file(`{"\\ud800":${empty}}`), /not Unicode, at character 1/],
    ['deep lists', file(one('['.repeat(900_000))), /tensor "w": its entry is not an object/],
    ['a deep shape', file(one(`{"shape":${'['.repeat(900_000)}`)), /tensor "w": its shape/],
    ['more sizes than any tensor', file(one(entry('U8', `[${Array(65).fill(1)}]`, '[0,1]')), 1), /at most 64/],
    ['sizes as numbers of another kind', file(one(entry('U8', '[1e0]', '[0,1]')), 1), /its shape/],
    ['text behind the header', file('{} {}'), /not valid JSON at character 3/],
    ['__proto__ as a name', file('{"__proto__":{}}'), /__proto__/],
    ['__proto__ in metadata', file('{"__metadata__":{"__proto__":"x"}}'), /__proto__/],
    ['metadata not strings', file('{"__metadata__":{"dim":3}}'), /"dim" is not a string/],
    ['metadata not an object', file('{"__metadata__":"x"}'), /object of strings/],
    ['entry not an object', file(one('null')), /tensor "w": its entry/],
    ['unknown dtype', file(one(entry('F12', '[1]', '[0,1]')), 1), /tensor "w": unknown dtype.*F12/],
    ['an inherited dtype', file(one(entry('toString', '[1]', '[0,1]')), 1), /unknown dtype/],
    ['negative size', file(one(entry('U8', '[-1]', '[0,1]')), 1), /tensor "w": its shape/],
    ['fractional size', file(one(entry('U8', '[0.5]', '[0,1]')), 1), /its shape/],
    ['negative offset', file(one(entry('U8', '[1]', '[-1,0]')), 1), /data_offsets/],
    ['one offset', file(one(entry('U8', '[1]', '[0]')), 1), /data_offsets/],
    ['span and shape disagree', file(one(entry('F32', '[3]', '[0,8]')), 8), /span 8 bytes; F32 \[3\] needs 12/],
    ['astronomical shape', file(one(entry('F32', '[9007199254740991,9007199254740991,0]', '[0,8]')), 8), /span/],
    ['beyond the file', file(one(entry('U8', '[9]', '[0,9]')), 8), /truncated: tensor "w"/],
    ['a hole', file(one(entry('U8', '[1]', '[1,2]')), 2), /"w" leaves 1 unused bytes/],
    ['a tail', file(one(entry('U8', '[1]', '[0,1]')), 3), /2 bytes after the last tensor/],
    [
      'overlap',
      file(`{"v":${entry('U8', '[2]', '[0,2]')},"w":${entry('U8', '[2]', '[1,3]')}}`, 3),
      /"w" overlaps the tensor before it/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.st')).toThrow(CheckpointError);
    expect(() => readSafetensors(bytes, 'x.st')).toThrow(message);
    await expect(openSafetensors(bytesSource(bytes, 'x.st'))).rejects.toThrow(message);
  });

  test('a header ten times as large as any published one is refused before it is fetched', async () => {
    const huge: ByteSource = {
      name: 'huge',
      size: 2 ** 40,
      read: async () => new Uint8Array(new BigUint64Array([1_000_001n]).buffer),
    };
    await expect(openSafetensors(huge)).rejects.toThrow(/1000001 bytes; the largest that is read has 1000000/);
  });

  test('a tensor of a type that is not read: only reading it is an error', async () => {
    const entries = [
      '"marker":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}',
      '"a":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[0,2]}',
      '"b":{"dtype":"C64","shape":[1],"data_offsets":[2,10]}',
      '"c":{"dtype":"F4","shape":[2],"data_offsets":[10,11]}',
      '"d":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[11,14]}',
      '"w":{"dtype":"U8","shape":[1],"data_offsets":[14,15]}',
    ];
    const bytes = file(`{${entries.join(',')}}`, 15);
    const byRange = await openSafetensors(bytesSource(bytes, 'x.st'));
    for (const { read, tensors } of [readSafetensors(bytes, 'x.st'), byRange]) {
      expect([...tensors.keys()]).toEqual(['marker', 'a', 'b', 'c', 'd', 'w']);
      expect(await read('w')).toEqual(new Uint8Array(1));
      for (const name of ['marker', 'a', 'b', 'c', 'd']) {
        await expect(async () => read(name)).rejects.toThrow(
          /^x\.st: tensor "\w+" is [A-Z0-9_]+; types that are read: F64, /,
        );
      }
    }
    const odd = file('{"c":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', 2);
    expect(() => readSafetensors(odd, 'x.st')).toThrow(/span 2 bytes; F4 \[3\] needs 1.5/);
  });

  test('a tensor that is not there', () => {
    const { read } = readSafetensors(writeSafetensors([]), 'x.st');
    expect(() => read('missing')).toThrow(new CheckpointError('x.st: no tensor "missing" among its 0'));
  });

  test('a source that gives less than it promised', async () => {
    const bytes = writeSafetensors([{ name: 'w', dtype: 'U8', shape: [3], data: new Uint8Array(3) }]);
    const opened = await openSafetensors({
      ...bytesSource(bytes, 'x.st'),
      read: async (offset, length) => bytes.slice(offset, offset + (length === 3 ? 2 : length)),
    });
    await expect(opened.read('w')).rejects.toThrow(CheckpointError);
  });

  test('whatever byte of the prefix and header is changed, the file is read or refused in one line', () => {
    const bytes = writeSafetensors(
      [
        { name: 'encoder.0', dtype: 'F32', shape: [2, 1], data: new Float32Array(2) },
        { name: 'é', dtype: 'I64', shape: [1], data: new BigInt64Array(1) },
      ],
      { dim: '12' },
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 17), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice();
        damaged[at]! ^= flip;
        try {
          const opened = readSafetensors(damaged);
          for (const name of opened.tensors.keys()) opened.read(name);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 1500 },
    );
  });
});
