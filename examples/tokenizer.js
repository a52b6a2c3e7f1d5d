/**
 * A tokenizer in two minutes: a VQ-VAE learns to write a depth map of 32 × 32 pixels as 64 of 128 codes. The scenes are rendered as
 * they are needed. On the sheet: unseen depth maps, and what comes back from their tokens before and after.
 *
 *     node examples/tokenizer.js [folder] [steps]
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modalities, Random, tokenizers, training, useBackend } from 'fourm';
import { colourDepth, contactSheet, encodePng } from 'fourm/media';
import { TOYBOX_IMAGES, toyboxSample, toyboxSeed } from 'fourm/toybox';

const [folder = '.', steps = '500'] = process.argv.slice(2);
const SIZE = 32;
const BATCH = 32;
const { depth: values } = TOYBOX_IMAGES;
await useBackend('wasm');

const model = tokenizers.buildVqVae({
  image_size: SIZE,
  patch_size: 4, // an 8 × 8 grid of tokens
  n_channels: 1,
  enc_type: 'vit_toy_s_enc',
  dec_type: 'vit_toy_s_dec',
  codebook_size: 128,
  latent_dim: 8,
  norm_codes: true,
  kmeans_init: true,
});
const random = new Random(0);
for (const parameter of model.parameters.all) parameter.initialize(random);

/** Depth from -1 (near) to 1 (far), as the tokenizer takes it. */
const depthMap = (seed) => {
  const { depth } = toyboxSample(seed, { size: SIZE, people: false, supersampling: 1 });
  return modalities.toTokenizerValues(values, depth);
};
const scenes = Array.from({ length: 2000 }, (_, i) => depthMap(toyboxSeed('train', i)));
const unseen = Array.from({ length: 3 }, (_, i) => depthMap(toyboxSeed('test', i)));

/** Draws random scenes, [B, H, W, C]. */
function batch(draw) {
  const maps = new Float32Array(BATCH * SIZE * SIZE);
  for (let i = 0; i < BATCH; i++) maps.set(draw.pick(scenes), i * SIZE * SIZE);
  return { values: maps, height: SIZE, width: SIZE };
}

/** Tiles of the unseen maps after the way through their tokens, and the mean error in metres. */
async function reconstruct(title) {
  const metres = (map) => modalities.fromTokenizerValues(values, map, SIZE, SIZE);
  const tiles = [];
  let error = 0;
  for (const map of unseen) {
    const tokens = await tokenizers.tokenize(model, map, SIZE, SIZE);
    const decoded = metres(await tokenizers.detokenize(model, tokens, [8, 8]));
    metres(map).data.forEach((depth, i) => {
      error += Math.abs(depth - decoded.data[i]) / (unseen.length * SIZE * SIZE);
    });
    tiles.push({ title, content: colourDepth(decoded, [values.near, values.far]) });
  }
  console.log(`${title}: mean error ${error.toFixed(2)} m`);
  return { tiles };
}

const truth = unseen.map((map) => modalities.fromTokenizerValues(values, map, SIZE, SIZE));
const rows = [
  { tiles: truth.map((map) => ({ title: 'depth', content: colourDepth(map, [values.near, values.far]) })) },
  await reconstruct('before training'),
];
const total = Number(steps);
await training.train(
  training.tokenizerTask(model, batch),
  {
    steps: total,
    seed: 0,
    learningRate: { peak: 2e-3, warmup: 20, total, final: 1e-5 },
    adamw: training.ADAMW,
    checkpointMinutes: 60,
  },
  {
    clock: () => performance.now(),
    // A run directory of `fourm/node` keeps checkpoints and the loss curve on disk; this keeps nothing.
    store: { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} },
    onProgress: ({ step, values: { reconstruction, codes } }) => {
      if (step % 10 === 0)
        console.log(`step ${step}: squared error ${reconstruction.toFixed(4)}, ${codes} codes in use`);
    },
  },
);
rows.push(await reconstruct(`after ${total} steps`));
const sheet = join(folder, 'tokenizer.png');
await writeFile(sheet, encodePng(contactSheet('A VQ-VAE of depth maps', rows)));
console.log('written:', sheet);
