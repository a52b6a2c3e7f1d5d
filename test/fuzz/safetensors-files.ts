/** Safetensors files, most of them damaged in one or a few ways that a header, or a disk, could be. */
import fc from 'fast-check';
import { DTYPE_NAMES, elementSize } from '../../src/checkpoints/dtypes.js';
import { Random } from '../../src/random.js';
import { strangeNames, strangeNumbers, strangeValues } from './fuzzing.js';

/** An entry of the header, as JSON text: a key, and the fields with their values. */
interface RawEntry {
  key: string;
  fields: [key: string, value: string][];
}

/** A file before it is put together. */
interface RawFile {
  entries: RawEntry[];
  /** JSON text. */
  metadata: string | undefined;
  /** Between the header's entries. */
  space: string;
  data: Uint8Array;
  /** Difference between the stated and the true length of the header. */
  lie: bigint;
}

type Damage = (file: RawFile) => void;

const sizes = fc.array(fc.nat(3), { maxLength: 4 });
const tensors = fc.array(
  fc.record({
    name: fc.oneof({ weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) }, strangeNames),
    dtype: fc.constantFrom(...DTYPE_NAMES),
    shape: sizes,
  }),
  { maxLength: 5 },
);
const hostileYaml = fc.constantFrom(
  '[',
  '{',
  '- ',
  '? ',
  '&a ',
  '*a',
  '!',
  '<<: ',
  '|',
  '>',
  '#',
  '"',
  "'",
  '%',
  '---',
);
const metadata = fc.option(
  fc.dictionary(
    fc.oneof(fc.string({ maxLength: 5 }), strangeNames),
    fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), hostileYaml),
    { maxKeys: 3 },
  ),
);

const valid = fc
  .record({ tensors, metadata, seed: fc.nat(), spaces: fc.nat(3) })
  .map(({ tensors, metadata, seed, spaces }): RawFile => {
    let end = 0;
    const entries = tensors.map(({ name, dtype, shape }): RawEntry => {
      const begin = end;
      end += shape.reduce((a, b) => a * b, 1) * elementSize(dtype);
      const fields: RawEntry['fields'] = [
        ['"dtype"', `"${dtype}"`],
        ['"shape"', JSON.stringify(shape)],
        ['"data_offsets"', `[${begin},${end}]`],
      ];
      return { key: JSON.stringify(name), fields };
    });
    // NaNs and infinities are as frequent here as any other number.
    const random = new Random(seed);
    const data = Uint8Array.from({ length: end }, () => random.pick([0, 0x7f, 0x80, 0xff, random.integer(0, 255)]));
    return {
      entries,
      metadata: metadata ? JSON.stringify(metadata) : undefined,
      space: ' \n\t'.slice(0, spaces),
      data,
      lie: 0n,
    };
  });

const entryOf = (file: RawFile, at: number) => file.entries[at % file.entries.length];

/** Sets a field of an entry. */
const setField =
  (at: number, field: number, value: string | ((old: string) => string)): Damage =>
  (file) => {
    const entry = entryOf(file, at);
    if (!entry) return;
    const pair = entry.fields[field % entry.fields.length];
    if (pair) pair[1] = typeof value === 'string' ? value : value(pair[1]);
  };

const at = fc.nat(7);
const offset = fc.oneof(fc.integer({ min: -9, max: 99 }).map(String), strangeNumbers);
const DAMAGES: fc.Arbitrary<Damage>[] = [
  fc.tuple(at, offset, offset).map(([i, begin, end]) => setField(i, 2, `[${begin},${end}]`)),
  fc.tuple(at, fc.array(offset, { maxLength: 5 })).map(([i, shape]) => setField(i, 1, `[${shape}]`)),
  fc
    .tuple(at, fc.constantFrom(...DTYPE_NAMES, 'F8', 'toString', 'f32', 'BOOL '), fc.boolean())
    .map(([i, dtype]) => setField(i, 0, JSON.stringify(dtype))),
  fc.tuple(at, fc.nat(2), strangeValues).map(([i, field, value]) => setField(i, field, value)),
  fc.tuple(at, fc.nat(2), strangeNames).map(
    ([i, field, name]): Damage =>
      (file) => {
        const pair = entryOf(file, i)?.fields[field];
        if (pair) pair[0] = JSON.stringify(name);
      },
  ),
  fc.tuple(at, fc.nat(2)).map(
    ([i, field]): Damage =>
      (file) => {
        entryOf(file, i)?.fields.splice(field, 1);
      },
  ),
  fc.tuple(at, fc.nat(2), strangeValues).map(
    ([i, field, value]): Damage =>
      (file) => {
        const fields = entryOf(file, i)?.fields;
        const pair = fields?.[field];
        if (pair) fields.push([pair[0], value]);
      },
  ),
  fc.tuple(at, at, fc.boolean()).map(
    ([i, j, escaped]): Damage =>
      (file) => {
        const [from, to] = [entryOf(file, i), entryOf(file, j)];
        if (!from || !to) return;
        const spelled = [...(JSON.parse(from.key) as string)].map(
          (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        to.key = escaped ? `"${spelled.join('')}"` : from.key;
      },
  ),
  fc.tuple(at, fc.boolean()).map(
    ([i, reversed]): Damage =>
      (file) => {
        // The order of entries does not matter to the format.
        file.entries = reversed ? file.entries.reverse() : [...file.entries.slice(i), ...file.entries.slice(0, i)];
      },
  ),
  strangeValues.map(
    (value): Damage =>
      (file) => {
        file.metadata = value;
      },
  ),
  fc.tuple(strangeNames, strangeValues).map(
    ([key, value]): Damage =>
      (file) => {
        file.metadata = `{${JSON.stringify(key)}:${value}}`;
      },
  ),
  fc.oneof(fc.bigInt(-20n, 20n), fc.bigInt(0n, 2n ** 64n - 1n)).map(
    (lie): Damage =>
      (file) => {
        file.lie = lie;
      },
  ),
  fc.integer({ min: -5, max: 5 }).map(
    (more): Damage =>
      (file) => {
        const longer = new Uint8Array(Math.max(0, file.data.length + more));
        longer.set(file.data.subarray(0, longer.length));
        file.data = longer;
      },
  ),
  fc.nat(20_000).map(
    (spaces): Damage =>
      (file) => {
        file.space = ' '.repeat(Math.ceil(spaces / (file.entries.length + 1)));
      },
  ),
];

/** Bytes that are changed when the file is complete: places from the start, or from where the header ends. */
const flips = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 255 })), { maxLength: 3 });

/** Files of which about every third is valid. */
export const safetensorsFiles: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    valid,
    fc.array(fc.oneof(...DAMAGES), { maxLength: 2 }),
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, flips),
  )
  .map(([file, damages, flipped]) => {
    const raw = {
      ...file,
      entries: file.entries.map(({ key, fields }) => ({
        key,
        fields: fields.map(([k, v]): [string, string] => [k, v]),
      })),
    };
    for (const damage of damages) damage(raw);
    const bytes = assemble(raw);
    for (const [place, bits] of flipped) if (bytes.length > 0) bytes[place % bytes.length]! ^= bits;
    return bytes;
  });

function assemble({ entries, metadata, space, data, lie }: RawFile): Uint8Array {
  const parts = entries.map(({ key, fields }) => `${key}:{${fields.map((pair) => pair.join(':')).join(',')}}`);
  if (metadata !== undefined) parts.push(`"__metadata__":${metadata}`);
  const header = new TextEncoder().encode(`{${parts.join(`,${space}`)}${space}}${space}`);
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(header.length) + lie), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}
