/**
 * A new modality: low-rank adapters (LoRA) teach the shipped model to find the shadows of a picture, a map that it has never
 * seen. A small tokenizer of shadow maps is trained first; then adapters of rank 8 beside the matrices of all blocks, and the
 * embedding and output head of the new tokens. The weights of the shipped model stay as they are until the adapters are merged.
 * What is written is a model for `loadModel`, with one modality more.
 *
 *     node examples/lora.js [folder] [steps]
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoints, loadModel, modalities, nn, Random, tokenizers, training, transformer, useBackend } from 'fourm';
import { colourClasses, contactSheet, encodePng } from 'fourm/media';
import { toyboxBatches, toyboxSample, toyboxSeed, toyboxShadows } from 'fourm/toybox';

const [folder = '.', steps = '300'] = process.argv.slice(2);
const [SIZE, BATCH, CODES, SHOWN] = [64, 16, 256, 6];
const SHIPPED = new URL('../models/toybox/', import.meta.url);
const [scenes, unseen] = Number(steps) < 50 ? [64, 8] : [2000, 200];
await useBackend('auto');

const PIXELS = SIZE * SIZE;
const palette = [
  [255, 255, 255],
  [40, 40, 60],
];
const values = { kind: 'classes', names: ['light', 'shadow'], palette };
const grid = { maxTokens: 64, inputSize: [SIZE, SIZE], patchSize: [8, 8] };
const NAME = 'tok_shadow@64';
const info = { name: NAME, id: modalities.modalityId(NAME), kind: 'image-tokens', vocabSize: CODES, ...grid };

/** A picture and the shadows in it. */
function scene(split, index) {
  const sample = toyboxSample(toyboxSeed(split, index), { size: SIZE, people: false });
  return { rgb: sample.rgb, shadow: toyboxShadows(sample) };
}
const known = Array.from({ length: scenes }, (_, i) => scene('train', i));
const tests = Array.from({ length: unseen }, (_, i) => scene('test', i));

/** Trains without a run's folder: a resumable training has `openRunDirectory` of `fourm/node` as its store. */
async function train(title, task, total, peak) {
  const learningRate = { peak, warmup: Math.ceil(total / 20), total, final: 1e-5 };
  const start = performance.now();
  await training.train(
    task,
    { steps: total, seed: 0, learningRate, adamw: training.ADAMW, checkpointMinutes: Infinity },
    {
      store: { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} },
      clock: () => performance.now(),
      onProgress({ step, values: { loss } }) {
        if (step % 50 !== 0 && step !== total) return;
        const left = ((performance.now() - start) / 1000 / step) * (total - step);
        console.log(`${title}, step ${step} of ${total}: loss ${loss.toFixed(3)}, ${left.toFixed(0)} s left`);
      },
    },
  );
}

// 1. A tokenizer: 64 of 256 codes for a map.
const tokenizerConfig = {
  image_size: SIZE,
  patch_size: 8,
  n_channels: 4,
  n_labels: 2,
  enc_type: 'vit_toy_s_enc',
  dec_type: 'vit_toy_s_dec',
  codebook_size: CODES,
  latent_dim: 8,
  kmeans_init: true,
};
const tokenizer = tokenizers.buildVqVae(tokenizerConfig);
for (const parameter of tokenizer.parameters.all) parameter.initialize(new Random(0));
const maps = (chosen) => Int32Array.from(chosen.flatMap(({ shadow }) => [...shadow.data]));
await train(
  'tokenizer',
  training.tokenizerTask(tokenizer, (random) => {
    const batch = Array.from({ length: BATCH }, () => random.pick(known));
    return { values: maps(batch), height: SIZE, width: SIZE };
  }),
  Number(steps),
  2e-3,
);
for (const one of known) one.tokens = await tokenizers.tokenize(tokenizer, maps([one]), SIZE, SIZE);

// 2. Adapters. The model takes pixels and predicts shadows alone; its blocks and the embedding of pixels are the shipped ones.
const file = checkpoints.readSafetensors(await readFile(new URL('model.safetensors', SHIPPED)), 'model.safetensors');
const config = checkpoints.parseConfig(file.metadata);
const shipped = JSON.parse(await readFile(new URL('fourm.json', SHIPPED), 'utf8'));
const pixels = shipped.infos.find(({ kind }) => kind === 'pixels');
const model = transformer.buildFourM(
  transformer.parseFourMConfig({ ...config, domains_in: [pixels.name], domains_out: [NAME] }),
  { [pixels.name]: pixels, [NAME]: info },
);
const ofShadows = model.parameters.all.filter(({ names }) => names[0].includes(NAME));
await nn.loadParameters(
  model.parameters.all.filter((parameter) => !ofShadows.includes(parameter)),
  file,
);
const layers = transformer.loraLayers(model, 'all');
const adapters = nn.addLora(model.parameters, layers, { rank: 8, scale: 1 });
const trained = [...ofShadows, ...adapters].filter(({ trainable }) => trainable);
trained.forEach((parameter, i) => {
  parameter.initialize(new Random(i));
});
for (const parameter of ofShadows) if (!parameter.trainable) parameter.initialize(new Random(0));
const count = (parameters) => (parameters.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(2);
console.log(`${count(trained)} M of ${count(model.parameters.all)} M parameters are trained`);

/** All patches of a picture are input, and all tokens of its shadows are targets. */
const data = {
  count: scenes,
  pixels: Uint8Array.from(known.flatMap(({ rgb }) => [...rgb.data])),
  images: { [NAME]: Uint16Array.from(known.flatMap(({ tokens }) => [...tokens])) },
  texts: {},
  embeddings: {},
};
const batches = toyboxBatches(data, BATCH, Object.values(model.modalities), {
  inputTokens: 64,
  targetTokens: 64,
  mixture: [{ weight: 1, inputAlphas: { [pixels.name]: 1 }, targetAlphas: { [NAME]: 1 } }],
});
const task = training.modelTask(model, batches, { encoderTokens: 64, decoderTokens: 64 });
await train('adapters', { ...task, trained }, Number(steps), 3e-3);
nn.mergeLora(model.parameters, layers);

// 3. The shipped model with the merged blocks and one modality more.
const own = join(folder, 'shadow-model');
await cp(SHIPPED, own, { recursive: true });
const tensors = new Map([...file.tensors].map(([name, { shape }]) => [name, { shape, data: file.read(name) }]));
for (const { name, shape, data } of await nn.stateDict(model.parameters)) tensors.set(name, { shape, data });
const half = (all) => all.map(({ name, shape, data }) => ({ name, dtype: 'F16', shape, data }));
await writeFile(
  join(own, 'model.safetensors'),
  checkpoints.writeSafetensors(
    half([...tensors].map(([name, tensor]) => ({ name, ...tensor }))),
    checkpoints.formatConfig({ ...config, domains_out: [...config.domains_out, NAME] }),
  ),
);
await writeFile(
  join(own, 'tok_shadow.safetensors'),
  checkpoints.writeSafetensors(
    half(await nn.stateDict(tokenizer.parameters)),
    checkpoints.formatConfig(tokenizerConfig),
  ),
);
const decoding = { method: 'maskgit', steps: 1, temperature: 0 };
shipped.infos.push(info);
shipped.modalities.shadow = { kind: 'image', values, tokens: NAME, tokenizer: 'tok_shadow.safetensors', decoding };
await writeFile(join(own, 'fourm.json'), JSON.stringify(shipped, null, 2));

// 4. Unseen scenes, beside the best that a threshold of brightness does, and beside the truth through the tokenizer.
const adapted = await loadModel(own);
/** Intersection over union of the shadows of all scenes. */
function iou(scenes, shadowsOf) {
  let [both, either] = [0, 0];
  for (const [i, { shadow }] of scenes.entries()) {
    const found = shadowsOf(scenes[i], i);
    shadow.data.forEach((is, p) => {
      both += is && found[p];
      either += is || found[p];
    });
  }
  return both / either;
}
const brightness = ({ data }, p) => data[3 * p] + data[3 * p + 1] + data[3 * p + 2];
const darker =
  (limit) =>
  ({ rgb }) =>
    Uint8Array.from({ length: PIXELS }, (_, p) => brightness(rgb, p) < limit);
const sample = known.slice(0, 200);
const limits = Array.from({ length: 30 }, (_, i) => 20 * (i + 1));
const [limit] = limits.sort((a, b) => iou(sample, darker(b)) - iou(sample, darker(a)));
const predicted = await adapted.generateMany(
  tests.map(({ rgb }) => ({ rgb })),
  { to: ['shadow'], seed: 0 },
);
const restored = await adapted.reconstruct(
  'shadow',
  tests.map(({ shadow }) => shadow),
);
const percent = (x) => `${(100 * x).toFixed(1)} %`;
console.log(`IoU of shadows in ${unseen} unseen scenes:`);
console.log(`  darker than ${limit} of 765: ${percent(iou(tests, darker(limit)))}`);
console.log(`  the adapted model: ${percent(iou(tests, (_, i) => predicted[i].shadow.values.data))}`);
console.log(`  the truth through the tokenizer: ${percent(iou(tests, (_, i) => restored[i].values.data))}`);

const drawn = (data) => colourClasses({ width: SIZE, height: SIZE, channels: 1, data }, palette);
const rows = tests.slice(0, SHOWN).map((test, i) => ({
  tiles: [
    { title: 'picture', content: test.rgb },
    { title: 'predicted', content: predicted[i].shadow.toImage() },
    { title: 'truth', content: drawn(test.shadow.data) },
    { title: 'threshold', content: drawn(darker(limit)(test)) },
  ],
}));
const sheet = join(folder, 'lora.png');
await writeFile(sheet, encodePng(contactSheet('A new modality by LoRA: shadows', rows)));
console.log('written:', own, sheet);
await adapted.dispose();
