import { expect, it } from 'vitest';
import { drawInstances } from '../../../src/api/recipes/masks.js';
import { samMasks } from '../../../src/api/recipes/sam-masks.js';
import { Random } from '../../../src/random.js';
import { buildVqVae } from '../../../src/tokenizers/vq/vqvae.js';
import { onBackends } from '../../on-backends.js';

const presets = { tiny: { width: 8, depth: 1, heads: 2 } };
const config = {
  image_size: 16,
  n_channels: 1,
  patch_size: 4,
  enc_type: 'tiny',
  dec_type: 'tiny',
  quant_type: 'lucid',
  codebook_size: 8,
  latent_dim: 4,
};

onBackends(['cpu', 'wasm', 'node'], () => {
  it('averages what is told twice, keeps apart what lies elsewhere, and leaves out masks without contrast', async () => {
    const tokenizer = buildVqVae(config, presets);
    const random = new Random(2);
    for (const parameter of tokenizer.parameters.all) {
      parameter.load(Float32Array.from({ length: parameter.size }, () => 3 * random.normal()));
    }
    const tokens = Array.from({ length: 16 }, (_, i) => i % 8);
    const box = { xmin: 2, ymin: 3, xmax: 42, ymax: 43 };
    const shifted = { xmin: 3, ymin: 3, xmax: 43, ymax: 43 };
    const elsewhere = { xmin: 60, ymin: 60, xmax: 100, ymax: 100 };
    const masks = await samMasks(
      tokenizer,
      [box, shifted, elsewhere].map((own) => ({ box: own, tokens })),
    );
    expect(masks.map(({ count }) => count)).toEqual([2, 1]);
    expect(masks[0]!.box).toEqual({ xmin: 2.5, ymin: 3, xmax: 42.5, ymax: 43 });
    expect(masks[1]!.box).toEqual(elsewhere);
    expect(masks[0]!.mask).toMatchObject({ width: 16, height: 16, channels: 1 });
    for (const probability of masks[0]!.mask.data) expect(probability >= 0 && probability <= 1).toBe(true);

    for (const parameter of tokenizer.parameters.all) parameter.load(new Float32Array(parameter.size));
    expect(await samMasks(tokenizer, [{ box, tokens }])).toEqual([]);
    expect(await samMasks(tokenizer, [])).toEqual([]);
    for (const parameter of tokenizer.parameters.all) parameter.dispose();
  });
});

it('draws each object into its box, later ones over those before, and nothing beyond the picture', () => {
  const filled = { width: 2, height: 2, channels: 1, data: new Float32Array(4).fill(1) };
  const object = (xmin: number, ymin: number, xmax: number, ymax: number) => {
    return { box: { xmin, ymin, xmax, ymax }, mask: filled, count: 1 };
  };
  const { data } = drawInstances([object(0, 0, 3, 2), object(2, 1, 9, 9), object(1, 1, 1, 5)], 4, 3);
  expect([...data]).toEqual([1, 1, 1, 0, 1, 1, 2, 2, 0, 0, 2, 2]);
});
