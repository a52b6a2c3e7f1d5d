/** The shipped model, and a training step. */
import * as tf from '@tensorflow/tfjs-core';
import { loadModel } from '../../src/api/loading/load-model.js';
import { toyboxModelConfig } from '../../src/cli/train/model-config.js';
import { fullImage } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import { TOYBOX_SIZE, toyboxModalities } from '../../src/toybox/modalities.js';
import { ADAMW, AdamW } from '../../src/training/adamw.js';
import { fourMLoss } from '../../src/transformer/loss.js';
import { buildFourM } from '../../src/transformer/model.js';
import { taskParameters } from '../../src/transformer/task-weights.js';
import type { Row } from '../row.js';

const SAMPLES = 8;
const [INPUT, TARGET] = ['rgb@64', 'tok_depth@64'];
const WORDS = 451;

async function generation() {
  const model = await loadModel('toybox');
  const values = Uint8Array.from(new Random(4).uniforms(TOYBOX_SIZE ** 2 * 3), (u) => 256 * u);
  const rgb = { width: TOYBOX_SIZE, height: TOYBOX_SIZE, channels: 3 as const, data: values };
  const to = ['depth', 'normal', 'semseg', 'caption', 'det'];
  return { run: () => model.generate({ rgb }, { to }) };
}

async function trainingStep() {
  const infos = toyboxModalities(WORDS);
  const model = buildFourM(toyboxModelConfig({ width: 256, heads: 8, encoderDepth: 6, decoderDepth: 6 }), infos);
  const random = new Random(5);
  const trained = taskParameters(model, [INPUT], [TARGET]);
  for (const parameter of trained) parameter.initialize(random);
  const { maxTokens, vocabSize } = infos[TARGET]!;
  const tokens = SAMPLES * maxTokens;
  const pixels = Float32Array.from(random.uniforms(SAMPLES * 3 * TOYBOX_SIZE ** 2), (u) => 2 * u - 1);
  const target = {
    ids: Int32Array.from({ length: tokens }, () => random.integer(0, vocabSize! - 1)),
    inputMask: new Uint8Array(tokens).fill(1),
    targetMask: new Uint8Array(tokens),
    decoderAttentionMask: Int32Array.from({ length: tokens }, (_, i) => (i % maxTokens === 0 ? maxTokens : 0)),
  };
  const batch = {
    size: SAMPLES,
    modalities: { [INPUT]: fullImage(infos[INPUT]!, SAMPLES, { pixels }), [TARGET]: target },
  };
  const optimizer = new AdamW(
    trained.filter((parameter) => parameter.trainable),
    ADAMW,
  );
  const run = async () => {
    const loss = () => fourMLoss(model, batch, { lossType: 'mod' }).loss;
    const { value, grads } = tf.variableGrads(loss, optimizer.variables);
    const norm = optimizer.apply(grads, 1e-4);
    await norm.data();
    tf.dispose([value, norm, ...Object.values(grads)]);
  };
  return { run };
}

/** A generation, and a training step. */
export const toyboxRows: readonly Row[] = [
  { name: 'task/toybox', about: 'toybox model: RGB → 3 maps, caption, boxes', runs: 5, prepare: generation },
  {
    name: 'task/training-step',
    about: `a training step, ${SAMPLES} samples of 64 + 64 tokens, 6 + 6 layers of 256`,
    runs: 5,
    prepare: trainingStep,
  },
];
