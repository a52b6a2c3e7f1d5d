import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckpointManifest, randomCheckpoint } from '../../../spec/harness/random-checkpoint.js';
import { openSafetensors } from '../../../src/checkpoints/safetensors.js';

const manifest: CheckpointManifest = {
  name: 'mini',
  header_metadata_strings: { dim: '8' },
  keys: {
    'decoder.0.norm1.weight': [8],
    'decoder.0.norm1.bias': [8],
    'a.token_emb.weight': [5, 8],
    'a.pos_emb': [1, 512, 8],
    'b.pos_emb': [1, 9, 8],
    'tok_x_global.pos_emb': [1, 16, 8],
    'encoder.0.mlp.fc1.weight': [700, 800],
    'encoder.0.mlp.fc2.weight': [800, 700],
  },
};

// The reference numbers of the full-size cases were computed with these very files.
test.each([
  [0, 'a5ab5a58a6e95ba222c76aca56a23488439cd501d25e0a441896f37fe4f396ea'],
  [3, 'ed87043be15c97ff2a8895e8a7276a6d0fa9b3edba9e19df0acc295727134f3d'],
])('with seed %i it is, byte for byte, the file that the reference was given', async (seed, sha256) => {
  const source = randomCheckpoint(manifest, { seed, dtype: 'F32' });
  const bytes = await source.read(0, source.size);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});

test('any part equals the same range of the whole', async () => {
  const source = randomCheckpoint(manifest, { seed: 1, dtype: 'F32' });
  const whole = Buffer.from(await source.read(0, source.size));
  await fc.assert(
    fc.asyncProperty(fc.nat(source.size), fc.oneof(fc.nat(100), fc.nat(source.size)), async (offset, limit) => {
      const length = Math.min(limit, source.size - offset);
      expect(whole.subarray(offset, offset + length).equals(await source.read(offset, length))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('norms are one, biases zero, the rest normal and nowhere the same', async () => {
  const checkpoint = await openSafetensors(randomCheckpoint(manifest, { seed: 1, dtype: 'BF16' }));
  expect(checkpoint.metadata).toEqual({ dim: '8' });
  expect(checkpoint.tensors.get('a.pos_emb')).toMatchObject({ dtype: 'BF16', shape: [1, 512, 8] });
  const read = async (name: string) => [...((await checkpoint.read(name)) as Float32Array)];
  expect(await read('decoder.0.norm1.weight')).toEqual(new Array(8).fill(1));
  expect(await read('decoder.0.norm1.bias')).toEqual(new Array(8).fill(0));
  expect((await read('b.pos_emb')).slice(0, 8)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  const [first, second] = [await read('encoder.0.mlp.fc1.weight'), await read('encoder.0.mlp.fc2.weight')];
  const deviation = Math.sqrt(first.reduce((sum, x) => sum + x * x, 0) / first.length);
  expect(deviation).toBeCloseTo(0.02, 4);
  expect(first.slice(0, 100)).not.toEqual(second.slice(0, 100));
  expect(first.slice(0, 100)).not.toEqual(first.slice(800, 900));
});
