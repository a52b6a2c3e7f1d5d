/** How the official demo decodes each modality. (`DEFAULTS_RGB2X`, `DEFAULTS_X2RGB` and `DEFAULTS_SR` officially.) */
import type { DecodingSettings } from '../types/package.js';

/** Settings by what is given: a picture decides nearly all of every other modality, anything else leaves much open. */
export interface PublishedDecoding {
  readonly fromImage: DecodingSettings;
  readonly otherwise: DecodingSettings;
}

const TOP_P = 0.8;

/** Everything in one step, next to no chance. */
const AT_ONCE: DecodingSettings = { method: 'roar', steps: 1, temperature: 0.01, topP: TOP_P, guidanceScale: 2 };

/** From bold to careful, in random order. */
function invented(steps: number, temperature: number, guidanceScale: number): DecodingSettings {
  const temperatureSchedule = { lowest: 0.5, power: 0.5 };
  return { method: 'roar', steps, temperature, temperatureSchedule, topP: TOP_P, guidanceScale };
}

function words(temperature: number): PublishedDecoding {
  const settings: DecodingSettings = { method: 'autoregressive', temperature, topP: TOP_P };
  return { fromImage: settings, otherwise: settings };
}

const MAP: PublishedDecoding = { fromImage: AT_ONCE, otherwise: invented(8, 3, 2) };
const FEATURES: PublishedDecoding = { fromImage: AT_ONCE, otherwise: { ...AT_ONCE, steps: 8 } };
const PICTURE = invented(25, 3, 2);

/** By name without `tok_` and size. The demo leaves out the two global embeddings; they are decoded as other features are. */
const AT_224: Readonly<Record<string, PublishedDecoding>> = {
  rgb: { fromImage: PICTURE, otherwise: PICTURE },
  clip: { fromImage: AT_ONCE, otherwise: invented(50, 5, 3) },
  depth: MAP,
  normal: MAP,
  semseg: MAP,
  canny_edge: MAP,
  sam_edge: MAP,
  dinov2: FEATURES,
  imagebind: FEATURES,
  dinov2_global: FEATURES,
  imagebind_global: FEATURES,
  caption: words(0.3),
  det: words(0.3),
  human_poses: words(0.1),
  sam_instance: words(0.01),
  color_palette: words(0.1),
  metadata: words(0.1),
};

/** Super-resolution: from the tokens of 224² to those of 448². */
const UPSCALED: DecodingSettings = {
  method: 'maskgit',
  schedule: 'cosine',
  steps: 8,
  temperature: 1,
  topP: TOP_P,
  guidanceScale: 2,
};

/** @param base name without `tok_` and size */
export function publishedDecoding(base: string, size: number | undefined): PublishedDecoding {
  if (size === 448) return { fromImage: UPSCALED, otherwise: UPSCALED };
  return AT_224[base] ?? MAP;
}
