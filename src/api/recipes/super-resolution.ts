import type { DecodingTarget } from '../../decoding/chain-steps.js';
import { type GenerationRequest, generateTokens } from '../../decoding/generate.js';
import type { KnownModalities } from '../../decoding/known-modalities.js';
import { InvalidInputError } from '../../errors.js';
import type { FourM } from '../../transformer/model.js';

/** What is enlarged, and how. */
export interface SuperResolutionRequest extends Omit<GenerationRequest, 'inputs' | 'targets' | 'conditions'> {
  /**
   * What is known at the lower resolution, by published name: token ids such as `tok_rgb@224`, and texts. What the model
   * cannot read is left out.
   */
  readonly inputs: KnownModalities;
  /** Names of what is to be generated; absent, all that the model predicts of what is known at a lower resolution. */
  readonly to?: readonly string[];
  /** What is not to be as officially: 8 steps of MaskGIT, temperature 1, top-p 0.8, guidance scale 2. */
  readonly decoding?: Omit<DecodingTarget, 'modality'>;
}

/** Features first, the picture last: each is known to those behind it. (`DEFAULT_ORDER_SR` officially.) */
const ORDER = ['tok_clip', 'tok_depth', 'tok_normal', 'tok_semseg', 'tok_rgb'];

const OFFICIAL = {
  method: 'maskgit',
  steps: 8,
  schedule: 'cosine',
  temperature: 1,
  topP: 0.8,
  guidanceScale: 2,
} as const;

/**
 * Super-resolution of tokens, from 224 to 448 pixels with the published model: the tokens of a modality at the lower
 * resolution are input, and its tokens at the higher one are generated, one modality after the other.
 * (`Demo4MSampler` officially.)
 *
 * @param model one that knows modalities at two resolutions, such as `EPFL-VILAB/4M-7-SR_L_CC12M`
 * @returns     of each modality at the higher resolution, by name, the token ids of every sample
 * @throws InvalidInputError if there is nothing to enlarge
 */
export async function superResolve(
  model: FourM,
  { inputs, to, decoding, ...request }: SuperResolutionRequest,
): Promise<Record<string, Int32Array[]>> {
  const readable = Object.fromEntries(Object.entries(inputs).filter(([name]) => name in model.encoderEmbeddings));
  const names = to ?? enlargeable(model, readable);
  if (names.length === 0) {
    throw new InvalidInputError(
      `nothing to enlarge: of ${Object.keys(inputs).join(', ') || 'no inputs'} the model predicts no higher resolution`,
    );
  }
  const targets = names.map((modality) => ({ modality, ...OFFICIAL, ...decoding }));
  return generateTokens(model, { ...request, inputs: readable, targets });
}

/** What the model predicts at a higher resolution than it is known at. */
function enlargeable({ decoderEmbeddings }: FourM, inputs: KnownModalities): string[] {
  const known = Object.keys(inputs).map(resolutionOf);
  const rank = (name: string) => (ORDER.indexOf(resolutionOf(name).what) + ORDER.length + 1) % (ORDER.length + 1);
  return Object.keys(decoderEmbeddings)
    .filter((name) => {
      const { what, pixels } = resolutionOf(name);
      return known.some((lower) => lower.what === what && lower.pixels < pixels);
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** `tok_rgb@224` is `tok_rgb` at 224 pixels; names without a resolution have none that is lower or higher. */
function resolutionOf(name: string): { what: string; pixels: number } {
  const [what, pixels] = name.split('@') as [string, string | undefined];
  return { what, pixels: Number(pixels) };
}
