import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import type { Inputs, Model } from '../../src/api/model.js';
import type { GenerateOptions, GenerationProgress } from '../../src/api/types/options.js';
import type { Raster } from '../../src/media/raster.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { writeTinyModel } from '../cli/tiny-model.js';

let folder: string;
let model: Model;
const sample = toyboxSample(3);
const steps = { rgb: { steps: 2 }, semseg: { steps: 2 } };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-generate-'));
  await useBackend('wasm');
  await writeTinyModel(folder);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await releaseBackend();
  await rm(folder, { recursive: true });
});

/** The upper half of a picture is known. */
const upper: Raster = {
  width: 64,
  height: 64,
  channels: 1,
  data: Uint8Array.from({ length: 64 * 64 }, (_, i) => (i < 32 * 64 ? 255 : 0)),
};

const paint = async (inputs: Inputs, more: Partial<GenerateOptions> = {}) =>
  (await model.generate(inputs, { decoding: steps, ...more, to: ['rgb'] })).rgb.tokens;

describe('partly given inputs', () => {
  test('a picture is completed, and its given part is kept', async () => {
    const [given] = await model.reconstruct('rgb', [sample.rgb]);
    const tokens = await paint({ rgb: { image: sample.rgb, known: upper }, caption: 'a red ball' });
    expect(tokens).toHaveLength(64);
    expect(tokens.subarray(0, 32)).toEqual(given!.tokens.subarray(0, 32));
    expect(tokens.subarray(32)).not.toEqual(given!.tokens.subarray(32));
  });

  test('a partly given input that is no target: values outside the mask have no effect', async () => {
    const depth = async (image: Raster, known: Raster) => {
      return (await model.generate({ rgb: { image, known } }, { to: ['depth'] })).depth.tokens;
    };
    const data = sample.rgb.data.map((x, i) => (i < 32 * 64 * 3 ? x : 255 - x));
    expect(await depth({ ...sample.rgb, data }, upper)).toEqual(await depth(sample.rgb, upper));
  });

  test('the masked spans of a text are filled', async () => {
    const options = { to: ['caption'], decoding: { caption: { temperature: 1 } } } as const;
    const { caption } = await model.generate({ rgb: sample.rgb, caption: 'a red [S_1] and a blue ball' }, options);
    expect(caption.text).toMatch(/^a red\b.* and a blue ball$/);
    await expect(model.generate({ caption: 'a red ball' }, options)).rejects.toThrow(/given and a target/);
    await expect(model.generate({ caption: 'a [S_2] ball' }, options)).rejects.toThrow(/must be \[S_1\]/);
  });
});

describe('weighted conditions', () => {
  const red = { caption: 'a red ball' };
  const blue = { caption: 'a small blue box' };

  test('have an effect by their weights', async () => {
    const weighted = (weight: number) =>
      paint(
        {},
        {
          conditions: [
            { inputs: red, weight: 1 },
            { inputs: blue, weight },
          ],
        },
      );
    const usual = await weighted(0);
    expect(await weighted(0)).toEqual(usual);
    expect(await weighted(-400)).not.toEqual(usual);
  });

  test('with a picture among them, no intermediate modality is generated', async () => {
    const modalities = new Set<string>();
    const onProgress = ({ phase, modality }: GenerationProgress) => phase === 'generating' && modalities.add(modality!);
    await paint({}, { conditions: [{ inputs: { depth: sample.depth }, weight: 2 }], onProgress });
    expect([...modalities]).toEqual(['rgb']);
  });

  test('apply to all samples', async () => {
    const conditions = [{ inputs: blue, weight: 2 }];
    const results = await model.generateMany([red, red], { to: ['rgb'], decoding: steps, conditions });
    expect(results).toHaveLength(2);
  });

  test('are an error for targets, and together with a guidance scale', async () => {
    const conditions = [{ inputs: { rgb: sample.rgb }, weight: 2 }];
    await expect(paint({}, { conditions })).rejects.toThrow("'rgb' is both given and a target");
    const decoding = { rgb: { guidanceScale: 2 } };
    await expect(paint({}, { conditions: [{ inputs: red, weight: 1 }], decoding })).rejects.toThrow(
      /guidance is set by their weights/,
    );
    await expect(paint({}, { conditions: [{ inputs: { smell: 'sweet' }, weight: 1 }] })).rejects.toThrow(
      /unknown modality 'smell'/,
    );
  });
});
