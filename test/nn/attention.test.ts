import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  additiveMask,
  attention,
  buildCrossAttention,
  buildSelfAttention,
  contextKVCache,
  crossAttention,
  selfAttention,
} from '../../src/nn/attention.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { fill, normals, plainSoftmax, release } from './plain.js';

const [B, H, M, N, WIDTH] = [2, 2, 3, 4, 2];
const CLOSE = { rtol: 1e-5, atol: 1e-5 };
const CONFIG = { width: H * WIDTH, heads: H, qkvBias: true, projBias: true };

const queries = normals(B * H * M * WIDTH, 1);
const keys = normals(B * H * N * WIDTH, 2);
const values = normals(B * H * N * WIDTH, 3);

/** Attention by its definition; q [B, M, H, WIDTH], k and v [B, N, H, WIDTH], `masked` [B, M, N]. */
function plain(q: Float32Array, k: Float32Array, v: Float32Array, masked?: ArrayLike<number>): number[] {
  const result: number[] = [];
  for (let row = 0; row < B * M * H; row++) {
    const [head, query] = [row % H, Math.floor(row / H)];
    const sample = Math.floor(query / M);
    const other = (n: number, i: number) => ((sample * N + n) * H + head) * WIDTH + i;
    const scores = Array.from({ length: N }, (_, n) => {
      if (masked?.[query * N + n]) return -1e30;
      let score = 0;
      for (let i = 0; i < WIDTH; i++) score += q[row * WIDTH + i]! * k[other(n, i)]!;
      return score / Math.sqrt(WIDTH);
    });
    const weights = plainSoftmax(scores);
    for (let i = 0; i < WIDTH; i++) result.push(weights.reduce((sum, w, n) => sum + w * v[other(n, i)]!, 0));
  }
  return result;
}

async function attend(k: Float32Array, v: Float32Array, masked?: number[], maskRows = M): Promise<Float32Array> {
  const output = tf.tidy(() => {
    const mask = masked && additiveMask(masked, [B, maskRows, N]);
    const [keys, values] = [k, v].map((x) => tf.tensor3d(x, [B, N, H * WIDTH])) as [tf.Tensor3D, tf.Tensor3D];
    return attention(tf.tensor3d(queries, [B, M, H * WIDTH]), { keys, values }, H, mask);
  });
  const data = (await output.data()) as Float32Array;
  output.dispose();
  return data;
}

/** The second sample may not see its last key; the second query of the first sample sees nothing. */
const masked = [
  [0, 0, 0, 0],
  [1, 1, 1, 1],
  [0, 1, 0, 1],
  [0, 0, 0, 1],
  [0, 1, 1, 1],
  [1, 0, 0, 1],
].flat();

onEachBackend(() => {
  test('equals the definition, with and without a mask', async () => {
    expectClose(await attend(keys, values), plain(queries, keys, values), CLOSE);
    expectClose(await attend(keys, values, masked), plain(queries, keys, values, masked), CLOSE);
  });

  test('a fully masked query attends uniformly', async () => {
    const all = await attend(keys, values, new Array(B * N).fill(1), 1);
    const means = plain(new Float32Array(queries.length), keys, values);
    expectClose(all, means, CLOSE);
  });

  test('masked keys have no influence', async () => {
    const padding = [0, 0, 0, 1, 0, 0, 1, 1];
    const hidden = (i: number) => padding[Math.floor(i / (H * WIDTH))];
    const replaced = (x: Float32Array) => x.map((value, i) => (hidden(i) ? 1000 - 7 * i : value));
    const before = await attend(keys, values, padding, 1);
    expect(await attend(replaced(keys), replaced(values), padding, 1)).toEqual(before);
  });

  test('a sequence in two parts with a KV cache equals one pass', async () => {
    const list = new ParameterList();
    const layer = buildSelfAttention(list, { ...CONFIG, qkNorm: true });
    fill(list);
    const x = tf.tensor3d(normals(B * 4 * CONFIG.width, 4), [B, 4, CONFIG.width]);
    const before = tf.memory().numTensors;
    const [whole, parts] = tf.tidy(() => {
      const [first, second] = tf.split(x, 2, 1) as [tf.Tensor3D, tf.Tensor3D];
      // The first part cannot see the second, so neither may it in one pass.
      const mask = additiveMask(
        Array.from({ length: B * 16 }, (_, i) => Number(Math.floor((i % 16) / 4) < 2 && i % 4 >= 2)),
        [B, 4, 4],
      );
      const past = selfAttention(layer, first);
      const rest = selfAttention(layer, second, undefined, past.present);
      return [selfAttention(layer, x, mask).output, tf.concat([past.output, rest.output], 1)];
    });
    expectClose(await parts.data(), await whole.data(), CLOSE);
    tf.dispose([whole, parts]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    release(list);
  });

  test('cross-attention to the same sequence equals self-attention', async () => {
    const list = new ParameterList();
    const self = buildSelfAttention(list.scope('self'), { ...CONFIG, qkNorm: true });
    const cross = buildCrossAttention(list.scope('cross'), { ...CONFIG, qkNorm: true });
    fill(list);
    // The fused matrix, query on top, is the other layer's two.
    const [weight, bias] = [await self.qkv.weight.read(), await self.qkv.bias!.read()];
    const third = CONFIG.width;
    cross.q.weight.load(weight.slice(0, third * third));
    cross.q.bias!.load(bias.slice(0, third));
    cross.kv.weight.load(weight.slice(third * third));
    cross.kv.bias!.load(bias.slice(third));
    cross.proj.weight.load(await self.proj.weight.read());
    cross.proj.bias!.load(await self.proj.bias!.read());
    for (const name of ['query', 'key'] as const) {
      cross.norms![name].weight.load(await self.norms![name].weight.read());
      cross.norms![name].bias.load(await self.norms![name].bias.read());
    }
    const x = tf.tensor3d(normals(B * 3 * CONFIG.width, 5), [B, 3, CONFIG.width]);
    const [toItself, toAnother] = tf.tidy(() => [
      selfAttention(self, x).output,
      crossAttention(cross, x, contextKVCache(cross, x)),
    ]);
    expectClose(await toAnother.data(), await toItself.data(), CLOSE);
    tf.dispose([x, toItself, toAnother]);
    release(list);
  });
});

test('parameters have the published names and shapes', () => {
  const list = new ParameterList();
  buildSelfAttention(list.scope('attn'), { ...CONFIG, qkvBias: false });
  buildCrossAttention(list.scope('cross'), { ...CONFIG, projBias: false, qkNorm: true });
  expect(list.all.map((p) => [p.names[0], p.shape])).toEqual([
    ['attn.qkv.weight', [12, 4]],
    ['attn.proj.weight', [4, 4]],
    ['attn.proj.bias', [4]],
    ['cross.q.weight', [4, 4]],
    ['cross.q.bias', [4]],
    ['cross.kv.weight', [8, 4]],
    ['cross.kv.bias', [8]],
    ['cross.proj.weight', [4, 4]],
    ['cross.q_norm.weight', [2]],
    ['cross.q_norm.bias', [2]],
    ['cross.k_norm.weight', [2]],
    ['cross.k_norm.bias', [2]],
  ]);
});
