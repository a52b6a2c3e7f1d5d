import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { imageFeatures, imagePatches } from '../../../src/networks/image-network.js';
import { Random } from '../../../src/random.js';
import type { SceneBatch } from '../../../src/toybox/features/contrastive.js';
import { buildStandIn } from '../../../src/toybox/features/stand-ins.js';
import { cropView } from '../../../src/toybox/features/views.js';
import { STAND_INS, type StandIn } from '../../../src/toybox/names.js';
import { ADAMW } from '../../../src/training/adamw.js';
import { train } from '../../../src/training/loop.js';
import { onBackends } from '../../on-backends.js';
import { memoryStore } from '../../training/store.js';

/** Four scenes of one colour each: what their captions, depths and poses tell apart too. */
function scenes(): SceneBatch {
  const pixels = 64 ** 2;
  const rgb = new Float32Array(4 * pixels * 3);
  const depth = new Float32Array(4 * pixels);
  for (let i = 0; i < 4; i++) {
    for (let p = 0; p < pixels; p++) {
      rgb.set([i & 1 ? 1 : -1, i & 2 ? 1 : -1, (p % 64) / 64], (i * pixels + p) * 3);
      depth[i * pixels + p] = i / 4;
    }
  }
  const captions = [0, 1, 2, 3].map((i) => Int32Array.from({ length: i + 1 }, (_, j) => i + j));
  const poses = {
    scenes: Int32Array.of(0, 3),
    values: Float32Array.from({ length: 2 * 207 }, (_, i) => (i < 207 ? 1 : -1)),
  };
  return { rgb, depth, captions, poses };
}

const features = (name: StandIn, trained: ReturnType<typeof buildStandIn>) =>
  tf.tidy(() => {
    const { patches, grid } = imagePatches(trained.kept, scenes().rgb, 64);
    const { dense, global } = imageFeatures(trained.kept, patches, grid);
    return { name, dense: dense.arraySync(), global: global.arraySync() };
  });

onBackends(['wasm', 'node'], () => {
  describe.each(STAND_INS)('the network that stands in for %s', (name) => {
    test('learns, without leaks', async () => {
      const network = buildStandIn(name, 16);
      network.initialize(new Random(0));
      const before = tf.memory().numTensors;
      const store = memoryStore();
      const steps = 12;
      await train(
        network.task(async () => scenes(), steps),
        {
          steps,
          seed: 0,
          learningRate: { peak: 2e-3, warmup: 1, total: steps, final: 2e-3 },
          adamw: ADAMW,
          checkpointMinutes: 1000,
        },
        { store, clock: () => 0 },
      );
      expect(tf.memory().numTensors).toBe(before);
      const losses = store.records.map(({ values }) => values.loss!);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);

      const { dense, global } = features(name, network);
      for (const row of global) expect(Math.hypot(...row)).toBeCloseTo(1, 4);
      for (const cell of dense.flat()) {
        expect(cell.reduce((a, b) => a + b, 0) / cell.length).toBeCloseTo(0, 4);
        expect(cell.reduce((a, b) => a + b * b, 0) / cell.length).toBeCloseTo(1, 3);
      }
      for (const parameter of network.parameters.all) parameter.dispose();
    });
  });
});

describe('views', () => {
  const gradient = Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.floor(i / 3) % 64);

  test('show a part of the image, mirrored or not, within its values', () => {
    const random = new Random(3);
    const counts = { mirrored: 0, plain: 0 };
    for (let i = 0; i < 40; i++) {
      for (const kind of ['global', 'local'] as const) {
        const view = cropView(gradient, kind, random);
        const size = kind === 'global' ? 64 : 32;
        expect(view.length).toBe(size * size * 3);
        const row = Array.from({ length: size }, (_, x) => view[x * 3]!);
        expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...row)).toBeLessThanOrEqual(63);
        const step = (row.at(-1)! - row[0]!) / (size - 1);
        counts[step < 0 ? 'mirrored' : 'plain']++;
        // A view of a share a of the area spans √a of the width.
        const shown = ((Math.abs(step) * size) / 64) ** 2;
        const [from, to] = kind === 'global' ? [0.5, 1] : [0.12, 0.4];
        expect(shown).toBeGreaterThan(from * 0.9);
        expect(shown).toBeLessThan(to * 1.05);
      }
    }
    expect(counts.mirrored).toBeGreaterThan(20);
    expect(counts.plain).toBeGreaterThan(20);
  });
});
