import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { detectionsToText } from '../../modalities/text/detections.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import { tokenize, type VqEncoder } from '../../tokenizers/vq/vqvae.js';
import { instanceText, toyboxInstances } from '../annotations/instances.js';
import { metadataText } from '../annotations/metadata.js';
import { paletteText } from '../annotations/palette.js';
import { poseText } from '../annotations/poses.js';
import { type CaptionEncoder, captionEmbeddings } from '../features/caption-encoder.js';
import type { FrozenNetworks } from '../features/stand-ins.js';
import { TOYBOX_COORDINATE_BINS, TOYBOX_SIZE, type ToyboxModality } from '../modalities.js';
import type { ToyboxTokenizerName } from '../names.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../sample.js';
import { exampleSize, examplesOf } from './examples.js';
import { tokenizerOf, tokenizersOf } from './tokenizers.js';
import { EMBEDDINGS, IMAGES, joinToyboxTokens, PIXELS, TEXTS, type ToyboxTokens } from './tokens.js';

/** Everything that turns a scene into tokens: the tokenizers and networks that the modalities need. */
export interface ToyboxTokenizers {
  readonly modalities: readonly ToyboxModality[];
  readonly tokenizers: Readonly<Partial<Record<ToyboxTokenizerName, VqEncoder>>>;
  readonly networks: FrozenNetworks;
  /** For `t5_caption`. */
  readonly captions?: CaptionEncoder;
  readonly text: WordPiece;
}

/** Scenes that go through a tokenizer at once. */
const CHUNK = 32;

/** Whether scenes with these modalities have people in them: only where some modality describes them. */
export function havePeople(modalities: readonly Pick<ToyboxModality, 'name'>[]): boolean {
  return modalities.some(({ name }) => name === 'human_poses');
}

/** Renders the scenes of the seeds and tokenizes them. */
export async function tokenizeToybox(
  seeds: readonly number[],
  by: ToyboxTokenizers,
  {
    maxSolids,
    signal,
    onProgress,
  }: {
    /** The most solids of a scene; those of the toybox if absent. */
    readonly maxSolids?: number | undefined;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<ToyboxTokens> {
  const parts: ToyboxTokens[] = [];
  const how = { size: TOYBOX_SIZE, people: havePeople(by.modalities), ...(maxSolids && { maxSolids }) };
  for (let start = 0; start < seeds.length; start += CHUNK) {
    await pauseOrCancel(signal, 'tokenizing the toybox');
    const samples = seeds.slice(start, start + CHUNK).map((seed) => toyboxSample(seed, how));
    parts.push(await tokenizeSamples(samples, by));
    onProgress?.(Math.min(start + CHUNK, seeds.length), seeds.length);
  }
  return joinToyboxTokens(parts);
}

/** Tokenizes rendered scenes, all at once. */
export async function tokenizeSamples(samples: readonly ToyboxSample[], by: ToyboxTokenizers): Promise<ToyboxTokens> {
  const count = samples.length;
  const pixels = new Uint8Array(count * PIXELS);
  samples.forEach(({ rgb }, i) => {
    pixels.set(rgb.data, i * PIXELS);
  });
  const among = (modalities: readonly ToyboxModality[]) => modalities.filter((one) => by.modalities.includes(one));
  const ids: ExampleIds = {};
  for (const name of tokenizersOf(by.modalities)) ids[name] = await exampleTokens(name, samples, by);

  // Edges have two examples a scene: Canny edges first, then those of instances. All other image modalities have one.
  const scenes = (modality: ToyboxModality) =>
    ids[tokenizerOf(modality)!]!.map((examples) => examples[modality.name === 'sam_edge' ? 1 : 0]!);
  const captions = samples.map(({ caption }) => Int32Array.from(by.text.encode(caption)));
  return {
    count,
    pixels,
    images: Object.fromEntries(
      among(IMAGES).map((modality) => [modality.key, Uint16Array.from(scenes(modality).flatMap((row) => [...row]))]),
    ),
    codebooks: Object.fromEntries(
      among(IMAGES).map((modality) => [modality.key, by.tokenizers[tokenizerOf(modality)!]!.config.codebook_size]),
    ),
    texts: Object.fromEntries(
      among(TEXTS).map(({ key }) => [
        key,
        samples.map((sample, i) => Int32Array.from(by.text.encode(textOf(key, sample, ids, i)))),
      ]),
    ),
    embeddings: Object.fromEntries(
      await Promise.all(
        among(EMBEDDINGS).map(
          async ({ key }) => [key, await captionEmbeddings(by.captions!, captions, by.text.eosId)] as const,
        ),
      ),
    ),
  };
}

/** The tokens of every example of every scene, by tokenizer. */
type ExampleIds = Partial<Record<ToyboxTokenizerName, Int32Array[][]>>;

/** The tokens of every example of every scene. */
async function exampleTokens(
  name: ToyboxTokenizerName,
  samples: readonly ToyboxSample[],
  { tokenizers, networks }: ToyboxTokenizers,
): Promise<Int32Array[][]> {
  const examples = await examplesOf(name, samples, networks);
  const all = examples.flat();
  if (all.length === 0) return examples.map(() => []);
  const length = all[0]!.length;
  const batch = new (all[0] instanceof Int32Array ? Int32Array : Float32Array)(all.length * length);
  all.forEach((example, i) => {
    batch.set(example, i * length);
  });
  const side = exampleSize(name);
  const tokens = await tokenize(tokenizers[name]!, batch, side, side);
  const perExample = tokens.length / all.length;
  let next = 0;
  return examples.map((ofScene) => ofScene.map(() => tokens.slice(next * perExample, ++next * perExample)));
}

/** The string of a text modality of a scene. */
function textOf(key: string, sample: ToyboxSample, ids: ExampleIds, scene: number): string {
  switch (key) {
    case 'caption':
      return sample.caption;
    case 'det':
      return detectionText(sample);
    case 'metadata':
      return metadataText(sample);
    case 'color_palette':
      return paletteText(sample);
    case 'human_poses':
      return poseText(sample, ids.human_poses![scene]!);
    case 'sam_instance':
      return instanceText(sample, toyboxInstances(sample), ids.sam_mask![scene]!);
    default:
      throw new InvalidInputError(
        `the toybox has no text '${key}'; its texts are ${TEXTS.map((text) => text.key).join(', ')}`,
      );
  }
}

/** The boxes of a sample as the model reads and writes them. */
export function detectionText(sample: ToyboxSample): string {
  return detectionsToText(toyboxDetections(sample), TOYBOX_COORDINATE_BINS);
}
