import { TOYBOX_MODALITIES, TOYBOX_PATCH, TOYBOX_SIZE, type ToyboxModality } from '../../toybox/modalities.js';
import { type FourMConfig, parseFourMConfig } from '../../transformer/config.js';

/** Size of a transformer. */
export interface ModelSize {
  /** Width of a token. */
  readonly width: number;
  readonly heads: number;
  readonly encoderDepth: number;
  readonly decoderDepth: number;
}

/**
 * Configuration of the toybox's transformer: the published variant with SwiGLU and without biases.
 *
 * @param modalities all if absent
 */
export function toyboxModelConfig(
  { width, heads, encoderDepth, decoderDepth }: ModelSize,
  modalities: readonly ToyboxModality[] = TOYBOX_MODALITIES,
): FourMConfig {
  return parseFourMConfig({
    domains_in: modalities.map(({ key }) => key),
    domains_out: modalities.filter(({ directions }) => directions === 'in and out').map(({ key }) => key),
    image_size: TOYBOX_SIZE,
    patch_size: TOYBOX_PATCH,
    dim: width,
    encoder_depth: encoderDepth,
    decoder_depth: decoderDepth,
    num_heads: heads,
    qkv_bias: false,
    proj_bias: false,
    mlp_bias: false,
    norm_bias: false,
    act_layer: 'SiLU',
    gated_mlp: true,
  });
}
