/**
 * A task small enough to train in a page: from the pixels of a scene, the class of each of its 64 patches: floor, wall or thing. The
 * class that fills most of a patch is its token, so no tokenizer is needed; all else is the library's.
 */
import { maskSample } from '../../../src/masking/masking.js';
import type { ModalityInfo } from '../../../src/modalities/modality.js';
import type { Random } from '../../../src/random.js';
import { SEMSEG_CLASSES, SEMSEG_PALETTE } from '../../../src/toybox/constants.js';
import { type ToyboxSample, toyboxSample } from '../../../src/toybox/sample.js';
import type { Batch } from '../../../src/transformer/batch.js';
import { parseFourMConfig } from '../../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../../src/transformer/model.js';
import { range } from './runtime.js';

/** Classes of the model: all things are one class, since their shapes take longer to learn. */
export const CLASSES = [...SEMSEG_CLASSES.slice(0, 2), 'thing'];
/** Their colours. */
export const PALETTE = SEMSEG_PALETTE.slice(0, CLASSES.length);

const GRID = { maxTokens: 64, inputSize: [64, 64], patchSize: [8, 8] } as const;
const INFOS: readonly ModalityInfo[] = [
  { name: 'rgb@64', id: 1, kind: 'pixels', channels: 3, ...GRID },
  { name: 'classes', id: 2, kind: 'image-tokens', vocabSize: CLASSES.length, ...GRID },
];

/** 4M with two layers in each half, of width 64. */
export function buildTinyModel(random: Random): FourM {
  const names = INFOS.map(({ name }) => name);
  const config = parseFourMConfig({
    domains_in: names,
    domains_out: ['classes'],
    image_size: 64,
    patch_size: 8,
    dim: 64,
    encoder_depth: 2,
    decoder_depth: 2,
    num_heads: 4,
    mlp_ratio: 4,
    qkv_bias: false,
    proj_bias: false,
    mlp_bias: false,
    norm_bias: false,
    act_layer: 'SiLU',
    gated_mlp: true,
    qk_norm: false,
    decoder_causal_mask: false,
    decoder_sep_mask: true,
    num_register_tokens: 0,
    share_modality_embeddings: true,
  });
  const model = buildFourM(config, Object.fromEntries(INFOS.map((info) => [info.name, info])));
  for (const parameter of model.parameters.all) parameter.initialize(random);
  return model;
}

/** The class that fills most of each patch, [64]. */
export function patchClasses({ semseg }: ToyboxSample): number[] {
  return range(64).map((patch) => {
    const counts = new Array<number>(CLASSES.length).fill(0);
    for (let i = 0; i < 64; i++) {
      const [y, x] = [Math.floor(patch / 8) * 8 + Math.floor(i / 8), (patch % 8) * 8 + (i % 8)];
      counts[Math.min(semseg.data[y * 64 + x]!, CLASSES.length - 1)]!++;
    }
    return counts.indexOf(Math.max(...counts));
  });
}

/** Pixels in -1…1, [3, 64, 64]. */
export function pixelsOf({ rgb }: ToyboxSample): Float32Array {
  const pixels = new Float32Array(3 * 64 * 64);
  rgb.data.forEach((value, i) => {
    pixels[(i % 3) * 64 * 64 + Math.floor(i / 3)] = value / 127.5 - 1;
  });
  return pixels;
}

const SIZE = 8;

/** Batches of eight masked scenes, of `count` in all; a scene is rendered when it is first drawn. */
export function batches(count: number): (random: Random) => Batch {
  const scenes = new Map<number, { pixels: Float32Array; tokens: number[] }>();
  const sceneOf = (index: number) => {
    const known = scenes.get(index);
    if (known) return known;
    const sample = toyboxSample(30_000 + index, { size: 64, people: false });
    const scene = { pixels: pixelsOf(sample), tokens: patchClasses(sample) };
    scenes.set(index, scene);
    return scene;
  };
  const alphas = { inputAlphas: { 'rgb@64': 1, classes: 0.2 }, targetAlphas: { 'rgb@64': 0, classes: 1 } };
  const masking = { inputTokens: 64, targetTokens: 32, mixture: [{ weight: 1, ...alphas }] };
  return (random) => {
    const drawn = range(SIZE).map(() => {
      const { pixels, tokens } = sceneOf(random.integer(0, count - 1));
      const masked = maskSample(
        { 'rgb@64': { kind: 'pixels' }, classes: { kind: 'image-tokens', tokens } },
        INFOS,
        masking,
        random,
      );
      return { pixels, masked };
    });
    const joined = (name: string) => {
      const parts = drawn.map(({ masked }) => masked[name]!);
      return {
        ids: Int32Array.from(parts.flatMap(({ ids }) => Array.from(ids))),
        inputMask: Uint8Array.from(parts.flatMap(({ inputMask }) => Array.from(inputMask))),
        targetMask: Uint8Array.from(parts.flatMap(({ targetMask }) => Array.from(targetMask))),
        decoderAttentionMask: Int32Array.from(parts.flatMap((part) => Array.from(part.decoderAttentionMask))),
      };
    };
    const pixels = new Float32Array(SIZE * 3 * 64 * 64);
    drawn.forEach((scene, i) => {
      pixels.set(scene.pixels, i * 3 * 64 * 64);
    });
    const { ids: _, ...pixelMasks } = joined('rgb@64');
    return { size: SIZE, modalities: { 'rgb@64': { pixels, ...pixelMasks }, classes: joined('classes') } };
  };
}
