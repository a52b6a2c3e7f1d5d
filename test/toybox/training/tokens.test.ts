import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../../src/checkpoints/safetensors-writer.js';
import { CancelledError, CheckpointError, InvalidInputError } from '../../../src/errors.js';
import { tokenize } from '../../../src/tokenizers/vq/vqvae.js';
import { instanceEdges } from '../../../src/toybox/annotations/edges.js';
import { toyboxInstances } from '../../../src/toybox/annotations/instances.js';
import { metadataText } from '../../../src/toybox/annotations/metadata.js';
import { paletteText } from '../../../src/toybox/annotations/palette.js';
import { captionEmbeddings } from '../../../src/toybox/features/caption-encoder.js';
import { frozenFeatures } from '../../../src/toybox/features/stand-ins.js';
import {
  TOYBOX_MODALITIES,
  TOYBOX_TEXT_LENGTH,
  toyboxModalities,
  toyboxModalitiesNamed,
} from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { readToyboxTokens, writeToyboxTokens } from '../../../src/toybox/training/token-files.js';
import { detectionText, tokenizeSamples, tokenizeToybox } from '../../../src/toybox/training/tokenize.js';
import { joinToyboxTokens, modalitiesOf, type ToyboxTokens } from '../../../src/toybox/training/tokens.js';
import { onOneBackend } from '../../on-backends.js';
import { tinyTokenizers, toyboxText } from './tiny.js';

// The first scene has no person, the second has one.
const SEEDS = [11, 14, 13];
const infos = Object.values(toyboxModalities(toyboxText().vocabSize));
const IMAGES = infos.filter(({ kind }) => kind === 'image-tokens').map(({ name }) => name);
const TEXTS = Object.keys(TOYBOX_TEXT_LENGTH);

onOneBackend();
let networks: ReturnType<typeof tinyTokenizers>;
let tokens: ToyboxTokens;
let progress: [number, number][];

beforeAll(async () => {
  networks = tinyTokenizers();
  progress = [];
  tokens = await tokenizeToybox(SEEDS, networks, { onProgress: (...at) => progress.push(at) });
});

afterAll(() => networks.release());

describe('scenes as tokens', () => {
  test('have all modalities of the model', () => {
    const keys = ['rgb@64', ...Object.keys({ ...tokens.images, ...tokens.texts, ...tokens.embeddings })];
    expect(keys.sort()).toEqual(TOYBOX_MODALITIES.map(({ key }) => key).sort());
    for (const { name, kind, maxTokens } of infos) {
      if (kind === 'image-tokens') expect(tokens.images[name], name).toHaveLength(SEEDS.length * maxTokens);
    }
  });

  test('have the pixels, the texts and the ids of every scene, in the order of the seeds', async () => {
    expect(tokens.count).toBe(3);
    expect(progress).toEqual([[3, 3]]);
    for (const [i, seed] of SEEDS.entries()) {
      const sample = toyboxSample(seed, { size: 64 });
      expect(tokens.pixels.subarray(i * 64 * 64 * 3, (i + 1) * 64 * 64 * 3)).toEqual(sample.rgb.data);
      const alone = await tokenizeSamples([sample], networks);
      for (const key of TEXTS) expect(tokens.texts[key]![i], key).toEqual(alone.texts[key]![0]);
      for (const key of IMAGES) {
        const count = alone.images[key]!.length;
        expect(tokens.images[key]!.subarray(count * i, count * (i + 1)), key).toEqual(alone.images[key]);
      }
    }
  });

  test('equal the outputs of tokenizers, networks and annotations', async () => {
    const sample = toyboxSample(SEEDS[1]!, { size: 64 });
    const { text, tokenizers } = networks;
    expect(sample.people).not.toHaveLength(0);
    const texts = Object.fromEntries(TEXTS.map((key) => [key, text.decode(tokens.texts[key]![1]!)]));
    expect(texts.caption!.replaceAll(' ;', ';')).toBe(sample.caption);
    expect(texts.det).toBe(detectionText(sample));
    expect(texts.metadata).toBe(metadataText(sample));
    expect(texts.color_palette).toBe(paletteText(sample));
    const body = Float32Array.from(sample.people[0]!.bodyPose);
    const poseIds = await tokenize(tokenizers.human_poses, body, 1, 1);
    expect(texts.human_poses).toContain(`pose ${[...poseIds].map((id) => `v0=${id}`).join(' ')}`);
    const mask = toyboxInstances(sample)[0]!.mask.data.map((x) => 2 * x - 1);
    const maskIds = await tokenize(tokenizers.sam_mask, mask, 64, 64);
    expect(texts.sam_instance).toContain([...maskIds].map((id) => `v0=${id}`).join(' '));

    const of = (key: string, count: number) => [...tokens.images[key]!.subarray(count, 2 * count)];
    const edges = Float32Array.from(instanceEdges(sample).data, (x) => x / 127.5 - 1);
    expect(of('tok_sam_edge@64', 64)).toEqual([...(await tokenize(tokenizers.edge, edges, 64, 64))]);
    const [features] = await frozenFeatures(networks.networks, 'imagebind', [sample]);
    expect(of('tok_imagebind@64', 64)).toEqual([...(await tokenize(tokenizers.imagebind, features!.dense, 8, 8))]);
    const globals = await tokenize(tokenizers.imagebind_global, features!.global, 1, 1);
    expect(of('tok_imagebind_global', 16)).toEqual([...globals]);
    const caption = Int32Array.from(text.encode(sample.caption));
    const [vectors] = await captionEmbeddings(networks.captions, [caption], text.eosId);
    expect(vectors).toHaveLength(64 * (caption.length + 1));
    expectClose(tokens.embeddings.t5_caption![1]!, vectors!, 1e-5);
  });

  test('are read as they were written', () => {
    const { embeddings, ...read } = readToyboxTokens(readSafetensors(writeToyboxTokens(tokens), 'tokens'));
    const { embeddings: vectors, ...written } = tokens;
    expect(read).toEqual(written);
    // Vectors are kept in half precision.
    vectors.t5_caption!.forEach((row, i) => {
      expectClose(embeddings.t5_caption![i]!, row, 2e-3);
    });
  });

  test('may be of no words at all', () => {
    const silent = {
      ...tokens,
      texts: { ...tokens.texts, caption: [[], [5], []].map((ids) => Int32Array.from(ids)) },
    };
    expect(readToyboxTokens(readSafetensors(writeToyboxTokens(silent), 'tokens')).texts).toEqual(silent.texts);
  });

  test('are not read from a file of something else', () => {
    const file = readSafetensors(
      writeSafetensors([{ name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) }]),
      'x',
    );
    expect(() => readToyboxTokens(file)).toThrow(CheckpointError);
  });

  test('are joined one after the other', () => {
    const joined = joinToyboxTokens([tokens, tokens]);
    expect(joined.count).toBe(6);
    expect(joined.pixels).toEqual(Uint8Array.of(...tokens.pixels, ...tokens.pixels));
    for (const key of IMAGES)
      expect([...joined.images[key]!]).toEqual([...tokens.images[key]!, ...tokens.images[key]!]);
    expect(joined.texts.det).toEqual([...tokens.texts.det!, ...tokens.texts.det!]);
    expect(joined.embeddings.t5_caption).toHaveLength(6);
    expect(() => joinToyboxTokens([])).toThrow(InvalidInputError);
    const other = { ...tokens, codebooks: { ...tokens.codebooks, 'tok_depth@64': 16 } };
    expect(() => joinToyboxTokens([tokens, other])).toThrow(
      /tok_depth@64 of 512 codes.*; and .*tok_depth@64 of 16 codes/,
    );
  });

  test('of files without the sizes of codebooks have those of the toybox', () => {
    const read = readToyboxTokens(readSafetensors(writeToyboxTokens({ ...tokens, codebooks: {} }), 'tokens'));
    expect(read.codebooks).toMatchObject({ 'tok_rgb@64': 1024, 'tok_semseg@64': 512, tok_dinov2_global: 64 });
  });

  test('are of the chosen modalities alone, in scenes without people unless a modality describes them', async () => {
    const modalities = toyboxModalitiesNamed(['rgb', 'semseg', 'caption']);
    const { semseg, rgb } = networks.tokenizers;
    const few = { modalities, tokenizers: { semseg, rgb }, networks: {}, text: networks.text };
    const some = await tokenizeToybox([SEEDS[1]!], few);
    expect(modalitiesOf(some)).toEqual(modalities);
    const { rgb: picture } = toyboxSample(SEEDS[1]!, { size: 64, people: false });
    expect(some.pixels).toEqual(picture.data);
    expect(some.pixels).not.toEqual(toyboxSample(SEEDS[1]!, { size: 64 }).rgb.data);
    expect(readToyboxTokens(readSafetensors(writeToyboxTokens(some), 'some'))).toEqual(some);
    expect(() => joinToyboxTokens([some, tokens])).toThrow(
      /^scenes of different modalities: rgb@64, tok_rgb@64 of \d+ codes, tok_semseg@64 of \d+ codes, caption; and rgb@64/,
    );
  });

  test('are not computed after cancellation', async () => {
    const cancelled = tokenizeToybox(SEEDS, networks, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toThrow(new CancelledError('tokenizing the toybox'));
  });
});

/** Every number within a tolerance. */
function expectClose(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  const worst = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - found[i]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}
