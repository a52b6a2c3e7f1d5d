import { expect, test } from 'vitest';
import { spawnFourm } from './running.js';

test('lists every backend with its speed, or the reason', async () => {
  const { exitCode, out } = await spawnFourm(['backends']).ended;
  expect(exitCode).toBe(0);
  const lines = out.trimEnd().split('\n').slice(1);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['webgpu', 'cuda', 'node', 'wasm', 'cpu']);
  for (const line of lines)
    expect(line).toMatch(/^\w+ +(works +[\d.]+(e\+\d+)? GFLOP\/s +\S|no +backend '\w+' needs )/);
  expect(lines[3]).toMatch(/^wasm +works/);
  expect(lines[4]).toMatch(/^cpu +works/);
});
