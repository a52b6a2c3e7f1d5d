import type { ByteSource } from '../../src/checkpoints/byte-source.js';
import { type Dtype, elementSize, encodeValues } from '../../src/checkpoints/dtypes.js';
import { LENGTH_BYTES } from '../../src/checkpoints/safetensors-header.js';
import { encodeHeader } from '../../src/checkpoints/safetensors-writer.js';

/** Configuration and tensor shapes of a published checkpoint: a file of the case `manifests`. */
export interface CheckpointManifest {
  readonly name: string;
  /** The configuration strings of the checkpoint's header. */
  readonly header_metadata_strings: Readonly<Record<string, string>>;
  /** Shapes by tensor name. */
  readonly keys: Readonly<Record<string, readonly number[]>>;
}

/** Seed and type of the random values. */
export interface RandomCheckpointOptions {
  readonly seed: number;
  readonly dtype: Extract<Dtype, 'F32' | 'F16' | 'BF16'>;
}

/**
 * A checkpoint with the names, shapes and header of a published one and random values, which are computed on demand:
 * 4M-21_B has 3.4 GB, and nothing is stored. Norms are one, biases zero, sine-cosine tables have their values, and all other
 * tensors are normal with deviation 0.02. The case `fullsize.generate` requires that these values never change.
 */
export function randomCheckpoint(
  { name, header_metadata_strings: metadata, keys }: CheckpointManifest,
  { seed, dtype }: RandomCheckpointOptions,
): ByteSource {
  const tensors = Object.entries(keys)
    .map(([name, shape]) => ({ name, dtype, shape }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const start = startOfFile(encodeHeader(tensors, metadata));
  const contents = randomContents(tensors, seed, (values) => encodeValues(values, dtype));
  let size = start.length;
  const parts = tensors.map(({ shape }, i) => {
    const offset = size;
    size += countOf(shape) * elementSize(dtype);
    return { offset, end: size, bytes: contents[i]!.bytes, from: contents[i]!.from * elementSize(dtype) };
  });
  parts.unshift({ offset: 0, end: start.length, bytes: () => start, from: 0 });
  return {
    name: `${name} with random values`,
    size,
    async read(from, length) {
      const result = new Uint8Array(length);
      for (const part of parts) {
        const [begin, end] = [Math.max(from, part.offset), Math.min(from + length, part.end)];
        if (begin >= end) continue;
        copyCyclic(part.bytes(), part.from + begin - part.offset, result.subarray(begin - from, end - from));
      }
      return result;
    },
  };
}

/** The header with its length before it. */
function startOfFile(header: Uint8Array): Uint8Array {
  const start = new Uint8Array(LENGTH_BYTES + header.length);
  new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
  start.set(header, LENGTH_BYTES);
  return start;
}

/** Content of a tensor: repeated values, as bytes, starting with the value at `from`. */
interface Content {
  readonly bytes: () => Uint8Array;
  readonly from: number;
}

/** Prime, so that no two rows of a table are equal. */
const POOL_SIZE = 1_048_573;

/** All random tensors read the same pool of random numbers, each from a different offset. */
function randomContents(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  seed: number,
  encode: (values: Float32Array) => Uint8Array,
): Content[] {
  let made: Uint8Array | undefined;
  const pool = () => {
    made ??= encode(normals(uniforms(seed)));
    return made;
  };
  // The offsets are drawn after the pool's numbers, two each, even if the pool is never used.
  const uniform = uniforms(seed);
  for (let i = 0; i < 2 * POOL_SIZE; i++) uniform();
  return tensors.map(({ name, shape }) => {
    const known = knownValues(name, shape);
    if (known) return { bytes: () => encode(known()), from: 0 };
    return { bytes: pool, from: Math.floor(uniform() * (POOL_SIZE / 2)) };
  });
}

/** The pool: normal with deviation 0.02 (Box–Muller). */
function normals(uniform: () => number): Float32Array {
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float32Array.from({ length: POOL_SIZE }, () => normal() * 0.02);
}

/** Numbers in (0, 1) from a linear congruential generator. */
function uniforms(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** The values of a tensor that are not random. */
function knownValues(name: string, shape: readonly number[]): (() => Float32Array) | undefined {
  if (/norm\d*\.weight$/.test(name)) return () => new Float32Array(countOf(shape)).fill(1);
  if (/\.bias$/.test(name)) return () => new Float32Array(countOf(shape));
  if (!/pos_emb$/.test(name) || /global/.test(name) || shape.length !== 3) return undefined;
  const [, rows, width] = shape as [number, number, number];
  const side = Math.sqrt(rows);
  if (rows === SEQUENCE_ROWS) return () => sinesAndCosines(rows, width, [(p) => p]);
  if (!Number.isInteger(side)) return undefined;
  return () => sinesAndCosines(rows, width, [(p) => Math.floor(p / side), (p) => p % side]);
}

/** Rows of the tables of sequence positions. */
const SEQUENCE_ROWS = 512;

/** A table of positions in double precision, [rows, width]; each coordinate has an equal share of the width. */
function sinesAndCosines(rows: number, width: number, coordinates: ((row: number) => number)[]): Float32Array {
  const table = new Float32Array(rows * width);
  const half = width / coordinates.length / 2;
  for (let row = 0; row < rows; row++) {
    coordinates.forEach((coordinate, c) => {
      const at = row * width + c * 2 * half;
      for (let i = 0; i < half; i++) {
        const angle = coordinate(row) / 10_000 ** (i / half);
        table[at + i] = Math.sin(angle);
        table[at + half + i] = Math.cos(angle);
      }
    });
  }
  return table;
}

/** Fills `target` with repeated bytes, starting at byte `start`. */
function copyCyclic(bytes: Uint8Array, start: number, target: Uint8Array): void {
  let at = start % bytes.length;
  for (let done = 0; done < target.length; ) {
    const part = bytes.subarray(at, at + target.length - done);
    target.set(part, done);
    done += part.length;
    at = 0;
  }
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
