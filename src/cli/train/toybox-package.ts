import type { DecodingSettings, ModelPackage, PackageModality } from '../../api/types/package.js';
import { INSTANCE_GRID } from '../../toybox/annotations/instances.js';
import { OBJECT_CLASSES } from '../../toybox/constants.js';
import {
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_MODALITIES,
  TOYBOX_SIZE,
  type ToyboxImage,
  type ToyboxModality,
  toyboxModalities,
} from '../../toybox/modalities.js';
import type { FeatureNetwork, ToyboxTokenizerName } from '../../toybox/names.js';

/** Maps are determined by the picture: the most likely token at each position, in one step. More steps give slightly worse figures. */
const MAP: DecodingSettings = { method: 'maskgit', steps: 1, temperature: 0 };
/** A caption does not determine a picture: tokens are sampled, with guidance. */
const PICTURE: DecodingSettings = { method: 'roar', steps: 32, temperature: 0.5, topP: 0.9, guidanceScale: 2 };
/** The class map generated from a caption, before the picture: one token a step, the most confident first, so that objects stay whole. */
const LAYOUT: DecodingSettings = { method: 'maskgit', steps: 64, temperature: 1, guidanceScale: 3 };
/** Greedy decoding. */
const WORDS: DecodingSettings = { method: 'autoregressive', temperature: 0 };

/** A decoder that predicts the clean image needs few steps. */
const DIFFUSION_STEPS = 8;

/** The file of a tokenizer in the exported folder. */
export function tokenizerFile(name: ToyboxTokenizerName): string {
  return `tok_${name}.safetensors`;
}

/** The file of a feature network in the exported folder. */
export function networkFile(name: FeatureNetwork): string {
  return `${name}.safetensors`;
}

/** File names of the transformer and of the text tokenizer in the exported folder. */
export const MODEL_FILE = 'model.safetensors';
export const TEXT_FILE = 'text.json';

/**
 * `fourm.json` of the toybox model.
 *
 * @param modalities of the transformer; all if absent
 * @param codebooks  sizes of other codebooks than the toybox's, by published name
 * @param diffusion  whether the decoder of colours is a diffusion decoder
 */
export function toyboxPackage(
  vocabSize: number,
  {
    modalities = TOYBOX_MODALITIES,
    codebooks,
    diffusion = true,
  }: {
    modalities?: readonly ToyboxModality[];
    codebooks?: Readonly<Record<string, number>>;
    diffusion?: boolean;
  } = {},
): ModelPackage {
  const named = modalities.filter(({ tokenizer }) => tokenizer.kind !== 'none');
  const layout = named.some(({ name }) => name === 'semseg');
  return {
    format: 1,
    name: 'toybox',
    model: MODEL_FILE,
    text: TEXT_FILE,
    infos: Object.values(toyboxModalities(vocabSize, modalities, codebooks)),
    modalities: Object.fromEntries(
      named.map((modality) => [modality.name, packageModality(modality, diffusion, layout)]),
    ),
  };
}

function packageModality({ name, key: tokens }: ToyboxModality, diffusion: boolean, layout: boolean): PackageModality {
  switch (name) {
    case 'rgb':
    case 'depth':
    case 'normal':
    case 'semseg':
      return image(name, tokens, diffusion, layout);
    case 'canny_edge':
    case 'sam_edge':
      return { kind: 'image', values: { kind: 'edges' }, tokens, tokenizer: tokenizerFile('edge'), decoding: MAP };
    case 'clip':
    case 'dinov2':
    case 'imagebind':
      return { kind: 'features', tokens, tokenizer: tokenizerFile(name), network: networkFile(name), decoding: MAP };
    case 'dinov2_global':
    case 'imagebind_global': {
      const network = networkFile(name === 'dinov2_global' ? 'dinov2' : 'imagebind');
      return { kind: 'embedding', tokens, tokenizer: tokenizerFile(name), network, decoding: MAP };
    }
    case 't5_caption':
      return { kind: 'embeddings', tokens, network: networkFile('t5') };
    case 'det':
      return {
        kind: 'detections',
        tokens,
        classes: [...OBJECT_CLASSES],
        bins: TOYBOX_COORDINATE_BINS,
        decoding: WORDS,
      };
    case 'metadata':
      return { kind: 'metadata', tokens, decoding: WORDS };
    case 'color_palette':
      return { kind: 'palette', tokens, decoding: WORDS };
    case 'human_poses':
      return { kind: 'poses', tokens, tokenizer: tokenizerFile('human_poses'), decoding: WORDS };
    case 'sam_instance': {
      const tokenizer = tokenizerFile('sam_mask');
      return { kind: 'instances', tokens, tokenizer, maskValues: 'symmetric', size: INSTANCE_GRID, decoding: WORDS };
    }
    default:
      return { kind: 'text', tokens, decoding: WORDS };
  }
}

/** @param layout whether the class map can be generated before the picture */
function image(name: ToyboxImage, tokens: string, diffusion: boolean, layout: boolean): PackageModality {
  const values = TOYBOX_IMAGES[name];
  return {
    kind: 'image',
    values:
      values.kind === 'classes'
        ? { kind: 'classes', names: [...values.names], palette: values.palette.map(([r, g, b]) => [r, g, b]) }
        : values,
    ...(name === 'rgb' ? { pixels: `rgb@${TOYBOX_SIZE}` } : {}),
    tokens,
    tokenizer: tokenizerFile(name),
    decoding: name === 'rgb' ? PICTURE : MAP,
    ...(name === 'rgb' && layout && { chain: ['semseg'] }),
    ...(name === 'rgb' && diffusion && { diffusionSteps: DIFFUSION_STEPS }),
    ...(name === 'semseg' && { decodingFromText: LAYOUT }),
  };
}
