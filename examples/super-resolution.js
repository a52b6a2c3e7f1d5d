/**
 * Super-resolution in token space, as 4M's: from the 64 tokens of a picture of 64 × 64 pixels, the 256 tokens of the same picture at
 * 128 × 128. The tokenizer is that of the shipped model, which reads any size; the shipped transformer is fine-tuned, and the
 * embeddings of the new tokens begin as those of the old ones. What is written is a model for `recipes.superResolve`.
 *
 *     node examples/super-resolution.js [folder] [steps]
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoints, evaluation, loadModel, modalities, nn, recipes, training, transformer, useBackend } from 'fourm';
import { contactSheet, encodePng, resize } from 'fourm/media';
import { toyboxBatches, toyboxSample, toyboxSeed } from 'fourm/toybox';

const [folder = '.', steps = '150'] = process.argv.slice(2);
const [SMALL, LARGE, BATCH, SHOWN] = [64, 128, 16, 6];
const SHIPPED = new URL('../models/toybox/', import.meta.url);
const [scenes, unseen] = Number(steps) < 50 ? [32, 4] : [800, 50];
const [LOW, HIGH] = [`tok_rgb@${SMALL}`, `tok_rgb@${LARGE}`];
await useBackend('auto');

/** A picture in both sizes. */
function scene(split, index) {
  const { rgb } = toyboxSample(toyboxSeed(split, index), { size: LARGE, supersampling: 2 });
  return { large: rgb, small: resize(rgb, SMALL, SMALL, 'box') };
}

// 1. A package of two resolutions, with the weights of the shipped model to begin with.
const own = join(folder, 'super-resolution-model');
await mkdir(own, { recursive: true });
for (const name of ['tok_rgb.safetensors', 'text.json']) await cp(new URL(name, SHIPPED), join(own, name));
const shipped = JSON.parse(await readFile(new URL('fourm.json', SHIPPED), 'utf8'));
const low = shipped.infos.find(({ name }) => name === LOW);
const high = { ...low, name: HIGH, id: modalities.modalityId(HIGH), maxTokens: 256, inputSize: [LARGE, LARGE] };
const decoding = { method: 'maskgit', steps: 1, temperature: 0 };
const { values, tokenizer } = shipped.modalities.rgb;
// One step of diffusion paints the mean, without the noise that further steps sharpen to texture.
const image = (tokens) => ({ kind: 'image', values, tokens, tokenizer, decoding, diffusionSteps: 1 });
const description = {
  format: 1,
  name: 'super-resolution',
  model: 'model.safetensors',
  text: 'text.json',
  infos: [low, high],
  modalities: { [`rgb@${SMALL}`]: image(LOW), [`rgb@${LARGE}`]: image(HIGH) },
};
await writeFile(join(own, 'fourm.json'), JSON.stringify(description, null, 2));

const file = checkpoints.readSafetensors(await readFile(new URL('model.safetensors', SHIPPED)), 'model.safetensors');
const config = { ...checkpoints.parseConfig(file.metadata), domains_in: [LOW, HIGH], domains_out: [HIGH] };
const model = transformer.buildFourM(transformer.parseFourMConfig(config), { [LOW]: low, [HIGH]: high });
await nn.loadParameters(model.parameters.all, {
  tensors: new Map(model.parameters.all.flatMap(({ names, shape }) => names.map((name) => [name, { shape }]))),
  /** The weights of a new token are those of the old one of the same code; positions lie between the old ones. */
  read(name) {
    const data = Float32Array.from(file.read(name.replace(HIGH, LOW)));
    if (!name.endsWith(`${HIGH}.pos_emb`)) return data;
    return resize({ width: 8, height: 8, channels: model.config.dim, data }, 16, 16, 'bicubic').data;
  },
});
/** Writes the model. */
async function save() {
  const tensors = (await nn.stateDict(model.parameters)).map((tensor) => ({ ...tensor, dtype: 'F16' }));
  await writeFile(
    join(own, 'model.safetensors'),
    checkpoints.writeSafetensors(tensors, checkpoints.formatConfig(config)),
  );
}
await save();

// 2. Training scenes, tokenized in both sizes.
const tokenizing = await loadModel(own);
const images = { [LOW]: [], [HIGH]: [] };
for (let i = 0; i < scenes; i += BATCH) {
  const chunk = Array.from({ length: Math.min(BATCH, scenes - i) }, (_, k) => scene('train', i + k));
  for (const [name, tokens, size] of [
    [`rgb@${SMALL}`, LOW, 'small'],
    [`rgb@${LARGE}`, HIGH, 'large'],
  ]) {
    const pictures = chunk.map((pair) => pair[size]);
    for (const { ids } of await tokenizing.forTraining.tokenize(name, pictures)) images[tokens].push(...ids);
  }
  if (i % 400 === 0) console.log(`${i} of ${scenes} scenes tokenized`);
}
await tokenizing.dispose();

// 3. All low-resolution tokens are input, half of the others are targets.
const data = {
  count: scenes,
  pixels: new Uint8Array(0),
  images: { [LOW]: Uint16Array.from(images[LOW]), [HIGH]: Uint16Array.from(images[HIGH]) },
  texts: {},
  embeddings: {},
};
const batches = toyboxBatches(data, BATCH, [low, high], {
  inputTokens: 64,
  targetTokens: 128,
  mixture: [{ weight: 1, inputAlphas: { [LOW]: 1 }, targetAlphas: { [HIGH]: 1 } }],
});
const total = Number(steps);
const start = performance.now();
await training.train(
  training.modelTask(model, batches, { encoderTokens: 64, decoderTokens: 128 }),
  {
    steps: total,
    seed: 0,
    learningRate: { peak: 1e-3, warmup: Math.ceil(total / 20), total, final: 1e-5 },
    adamw: training.ADAMW,
    muon: training.MUON,
    checkpointMinutes: Infinity,
  },
  {
    // `openRunDirectory` of `fourm/node` keeps checkpoints, from which an interrupted training goes on.
    store: { resume: async () => undefined, checkpoint: save, record: async () => {} },
    clock: () => performance.now(),
    onProgress({ step, values: { loss } }) {
      if (step % 25 !== 0 && step !== total) return;
      const left = ((performance.now() - start) / 1000 / step) * (total - step);
      console.log(`step ${step} of ${total}: loss ${loss.toFixed(3)}, ${left.toFixed(0)} s left`);
    },
  },
);

// 4. Unseen scenes. All begin with the same 64 tokens; the truth through its 256 tokens is the best that this tokenizer can show.
const sharper = await loadModel(own);
/** How steep the true edges are: the part of the steps between neighbouring pixels of the truth that the picture has. */
function sharpness({ width, data }, truth) {
  let [product, square] = [0, 0];
  for (const apart of [3, 3 * width]) {
    for (let i = 0; i + apart < data.length; i++) {
      const step = truth.data[i] - truth.data[i + apart];
      product += step * (data[i] - data[i + apart]);
      square += step * step;
    }
  }
  return product / square;
}
const rows = [];
const scores = new Map();
for (let i = 0; i < unseen; i++) {
  const { small, large } = scene('test', i);
  const [given] = await sharper.reconstruct(`rgb@${SMALL}`, [small]);
  const [bound] = await sharper.reconstruct(`rgb@${LARGE}`, [large]);
  const { [`rgb@${LARGE}`]: predicted } = await recipes.superResolve(sharper, { rgb: given });
  const enlarged = (filter) => resize(given.toImage(), LARGE, LARGE, filter);
  const pictures = {
    bilinear: enlarged('bilinear'),
    bicubic: enlarged('bicubic'),
    'super-resolution': predicted.toImage(),
    'truth through 256 tokens': bound.toImage(),
  };
  for (const [name, picture] of Object.entries(pictures)) {
    const { metric, edges } = scores.get(name) ?? { metric: new evaluation.ImageMetric(), edges: [] };
    metric.add(picture, large);
    edges.push(sharpness(picture, large));
    scores.set(name, { metric, edges });
  }
  if (i >= SHOWN) continue;
  rows.push({
    tiles: [
      { title: '64 x 64, 64 tokens', content: given.toImage() },
      { title: 'bicubic', content: pictures.bicubic },
      { title: 'super-resolution', content: pictures['super-resolution'] },
      { title: 'truth', content: large },
    ],
  });
}
for (const [name, { metric, edges }] of scores) {
  const { psnr, ssim } = metric.result();
  const sharp = (100 * edges.reduce((sum, one) => sum + one, 0)) / edges.length;
  console.log(
    `${name}: PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(3)}, edges ${sharp.toFixed(0)} % as sharp as the truth's`,
  );
}
const sheet = join(folder, 'super-resolution.png');
await writeFile(sheet, encodePng(contactSheet('Super-resolution: 64 tokens to 256', rows)));
console.log('written:', own, sheet);
await sharper.dispose();
