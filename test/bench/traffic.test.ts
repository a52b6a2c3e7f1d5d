import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { countOne, countTraffic } from '../../bench/traffic/count.js';
import { countingShader } from '../../bench/traffic/counting-shader.js';
import { SWIGLU } from '../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../src/nn/kernels/run-kernel.js';
import { onBackends } from '../on-backends.js';

test('a shader counts every index of a buffer, those inside of others too, and nothing else', () => {
  const shader = (type: string) => `
@group(0) @binding(0) var<storage, read_write> result: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<${type}>;
fn _start() {
  result[rows[i][2]] = f32(ourrows[rows[0].x]) + x.rows[1];
}`;
  const { code, bytesAtOnce } = countingShader(shader('vec4<i32>'));
  expect(bytesAtOnce).toEqual([4, 16]);
  expect(code).toContain('result[touched0(rows[touched1(i)][2])] = f32(ourrows[rows[touched1(0)].x]) + x.rows[1];');
  expect(countingShader(shader('vec2<i32>')).bytesAtOnce).toEqual([4, 8]);
  expect(() => countingShader(shader('mat4x4<f32>'))).toThrow('mat4x4<f32>');
});

onBackends(['webgpu'], () => {
  test('counts the bytes that GPU programs read and write, and leaves results unchanged', async () => {
    const during = countTraffic();
    const [gate, x] = [tf.ones([100]), tf.fill([100], 2)];
    const swiglu = await countOne(during, () => kernelOrFallback(SWIGLU, { gate, x }, {}, () => tf.clone(x)));
    expect(swiglu).toEqual([{ workgroups: 2, threads: 64, read: 800, written: 400 }]);
    const sums = await countOne(during, () => tf.add(tf.mul(gate, x), x));
    expect(sums.map(({ read, written }) => [read, written])).toEqual([
      [800, 400],
      [800, 400],
    ]);
    expect((await tf.add(tf.mul(gate, x), x).data())[99]).toBe(4);
  });
});
