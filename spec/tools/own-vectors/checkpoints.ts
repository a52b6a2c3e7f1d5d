import { expectedOf, type OwnVector, rejected, tensor } from './write.js';

/** Files with tensors, most of them damaged. */
export function checkpoints(): Record<string, OwnVector> {
  return { checkpoint_files: damaged(), checkpoint_values: values() };
}

/** Element types, the bytes of some numbers, and the numbers. */
const VALUES = {
  f16: [
    'F16',
    'F32',
    [0x00, 0x3c, 0x00, 0xc1, 0x55, 0x35, 0x01, 0x00, 0xff, 0x7b],
    [1, -2.5, 1365 / 4096, 2 ** -24, 65504],
  ],
  bf16: [
    'BF16',
    'F32',
    [0x80, 0x3f, 0x20, 0xc0, 0x49, 0x40, 0x01, 0x00, 0x00, 0x7f],
    [1, -2.5, 3.140625, 2 ** -133, 2 ** 127],
  ],
  f32: ['F32', 'F32', [0x00, 0x00, 0x80, 0x3f, 0xdb, 0x0f, 0x49, 0xc0], [1, -13176795 / 2 ** 22]],
  i32: ['I32', 'I32', [0x01, 0x02, 0x00, 0x00, 0xfb, 0xff, 0xff, 0xff], [513, -5]],
  u8: ['U8', 'U8', [0x00, 0x80, 0xff], [0, 128, 255]],
} as const;

/** CKP-3. */
function values(): OwnVector {
  const bytes = Object.values(VALUES).flatMap(([, , own]) => [...own]);
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(VALUES).map(([name, [dtype, , own, numbers]]) => {
      const begin = end;
      end += own.length;
      return [name, { dtype, shape: [numbers.length], data_offsets: [begin, end] }];
    }),
  );
  const all = file(header, bytes.length);
  all.set(bytes, all.length - bytes.length);
  const tensors = Object.entries(VALUES).map(([name, [, dtype, , numbers]]) =>
    tensor(`out.types.${name}`, dtype, [numbers.length], numbers),
  );
  return {
    kind: 'ckpt.files',
    description: 'numbers of several element types',
    tier: 'core',
    options: { files: ['types'] },
    files: { types: 'types.safetensors' },
    contents: { 'types.safetensors': all },
    tensors,
    expected: { tensors: expectedOf(tensors) },
    requirements: ['CKP-3'],
    flag: 'number-types',
  };
}

/** A safetensors file from a header as it is, with as many bytes of data. */
function file(header: unknown, bytes: number, length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const all = new Uint8Array(8 + json.length + bytes);
  new DataView(all.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  all.set(json, 8);
  for (let i = 0; i < bytes; i++) all[8 + json.length + i] = (i * 37) % 61;
  return all;
}

const pair = {
  a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
  b: { dtype: 'BF16', shape: [1, 2], data_offsets: [8, 12] },
};
const FILES: Readonly<Record<string, { readonly bytes: Uint8Array; readonly tensors?: object }>> = {
  good: { bytes: file(pair, 12), tensors: { a: ['F32', [2]], b: ['BF16', [1, 2]] } },
  metadata: {
    bytes: file({ __metadata__: { dim: '8' }, ...pair }, 12),
    tensors: { a: ['F32', [2]], b: ['BF16', [1, 2]] },
  },
  nothing: { bytes: file({}, 0), tensors: {} },
  short: { bytes: file(pair, 11) },
  long: { bytes: file(pair, 13) },
  gap: { bytes: file({ ...pair, b: { ...pair.b, data_offsets: [9, 13] } }, 13) },
  overlap: { bytes: file({ ...pair, b: { ...pair.b, data_offsets: [4, 8] } }, 8) },
  shape: { bytes: file({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, 8) },
  dtype: { bytes: file({ a: { dtype: 'F31', shape: [2], data_offsets: [0, 8] } }, 8) },
  backwards: { bytes: file({ a: { dtype: 'F32', shape: [2], data_offsets: [8, 0] } }, 8) },
  header_length: { bytes: file(pair, 12, 2 ** 40) },
  no_json: { bytes: file('{"a":', 0) },
  empty: { bytes: new Uint8Array() },
};
function damaged(): OwnVector {
  return {
    kind: 'ckpt.files',
    description: 'small safetensors files, most of them damaged',
    tier: 'core',
    options: { files: Object.keys(FILES) },
    files: Object.fromEntries(Object.keys(FILES).map((name) => [name, `${name}.safetensors`])),
    contents: Object.fromEntries(Object.entries(FILES).map(([name, { bytes }]) => [`${name}.safetensors`, bytes])),
    expected: {
      values: Object.entries(FILES).map(([name, { tensors }]) =>
        tensors ? { results: name, value: tensors } : rejected(name),
      ),
    },
    requirements: ['CKP-1', 'CKP-2'],
    flag: 'damaged-accepted',
  };
}
