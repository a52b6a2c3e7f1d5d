/** Tokenizers of pictures of 224 pixels on a side. */
import { Random } from '../../src/random.js';
import { buildDiVae, detokenizeByDiffusion } from '../../src/tokenizers/diffusion/divae.js';
import { buildVqVae, detokenize, tokenize } from '../../src/tokenizers/vq/vqvae.js';
import type { Row } from '../row.js';
import { fillParameters, publishedConfig } from '../weights.js';

const VQ = 'vqvae__rgb__ViTB-ViTB_1k_224_CLIPB16-5.0';
const DIVAE = 'divae__rgb__ViTB-UNetP4_16k_224_predx0';
const STEPS = 25;

const pixels = () => Float32Array.from(new Random(2).uniforms(224 * 224 * 3), (u) => 2 * u - 1);
const tokens = () => Int32Array.from({ length: 196 }, (_, i) => (37 * i) % 1000);

/** Tokenizing and detokenizing, with a ViT and with a diffusion decoder. */
export const tokenizerRows: readonly Row[] = [
  {
    name: 'task/vq-tokenize',
    about: 'ViT-B VQ-VAE: a picture to 196 tokens',
    runs: 5,
    async prepare() {
      const model = buildVqVae(await publishedConfig(VQ));
      fillParameters(model.parameters.all.filter((p) => !p.names[0]!.startsWith('decoder')));
      const picture = pixels();
      return { run: () => tokenize(model, picture, 224, 224) };
    },
  },
  {
    name: 'task/vq-detokenize',
    about: 'ViT-B VQ-VAE: 196 tokens to a picture',
    runs: 5,
    async prepare() {
      const model = buildVqVae(await publishedConfig(VQ));
      fillParameters(model.parameters.all.filter((p) => !p.names[0]!.startsWith('encoder')));
      return { run: () => detokenize(model, tokens(), [14, 14]) };
    },
  },
  {
    name: 'task/divae-detokenize',
    about: `DiVAE with a patched UNet: 196 tokens to a picture in ${STEPS} DDIM steps`,
    runs: 1,
    async prepare() {
      const model = buildDiVae(await publishedConfig(DIVAE));
      fillParameters(model.parameters.all.filter((p) => !p.names[0]!.startsWith('encoder')));
      const options = { steps: STEPS, sampler: 'ddim' as const, random: new Random(3) };
      return { run: () => detokenizeByDiffusion(model, tokens(), [14, 14], options) };
    },
  },
];
