/**
 * The 4M model: an encoder over the visible tokens of all modalities, and a decoder that predicts masked ones.
 * (4M, transformer, arXiv 2312.06647; `FourM` and `FM` officially.)
 */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type Block, buildBlock } from '../nn/block.js';
import { normal } from '../nn/initializers.js';
import { buildLayerNorm, type LayerNorm } from '../nn/layer-norm.js';
import type { LazyWeights } from '../nn/lazy-weights.js';
import { buildLinear, type Linear } from '../nn/linear.js';
import { type Parameter, ParameterList } from '../nn/parameters.js';
import { blockConfig, type FourMConfig } from './config.js';
import { buildDecoderBlock, type DecoderBlock } from './decoder-block.js';
import { buildInputEmbedding, buildTargetEmbedding, type InputEmbedding, type TargetEmbedding } from './embeddings.js';

/** A model: its layers, and all its parameters by published name. */
export interface FourM {
  readonly config: FourMConfig;
  /** By published name. */
  readonly modalities: Readonly<Record<string, ModalityInfo>>;
  readonly parameters: ParameterList;
  /** Published, but not used in the forward pass: token tables of image modalities in the decoder. */
  readonly unusedParameters: ReadonlySet<Parameter>;
  /** Weights that are read from the checkpoint on first use; absent if all parameters are loaded at once. */
  readonly weights?: LazyWeights;
  readonly encoderEmbeddings: Readonly<Record<string, InputEmbedding>>;
  readonly decoderEmbeddings: Readonly<Record<string, TargetEmbedding>>;
  readonly encoder: readonly Block[];
  readonly encoderNorm: LayerNorm;
  readonly contextProjection: Linear;
  readonly decoder: readonly DecoderBlock[];
  readonly decoderNorm: LayerNorm;
  /** Decoder input of image targets, [1, 1, D]. */
  readonly maskToken: Parameter;
  /** Learned tokens before the encoder's input, [1, R, D]. */
  readonly registerTokens: Parameter | undefined;
}

/**
 * Builds a model from its configuration; the parameters hold no values yet.
 *
 * @param config     from {@link parseFourMConfig}
 * @param modalities kind, vocabulary and sizes of every modality in the configuration
 * @throws InvalidInputError for a modality of the configuration that is missing in `modalities`
 */
export function buildFourM(config: FourMConfig, modalities: Readonly<Record<string, ModalityInfo>>): FourM {
  const list = new ParameterList();
  const width = config.dim;
  const used: Record<string, ModalityInfo> = {};
  const infoOf = (name: string) => {
    // As the key of an object, `__proto__` would not become a property.
    const info = Object.hasOwn(modalities, name) && name !== '__proto__' ? modalities[name] : undefined;
    if (!info) {
      throw new InvalidInputError(`unknown modality '${name}'; known are ${Object.keys(modalities).join(', ')}`);
    }
    used[name] = info;
    return info;
  };

  const maskToken = list.add('mask_token', [1, 1, width], { init: normal(0.02) });
  const registers = config.num_register_tokens;
  const registerTokens = registers
    ? list.add('register_tokens', [1, registers, width], { init: normal(0.02) })
    : undefined;

  const encoderEmbeddings: Record<string, InputEmbedding> = {};
  for (const name of config.domains_in) {
    encoderEmbeddings[name] = buildInputEmbedding(list.scope(`encoder_embeddings.${name}`), infoOf(name), width);
  }
  const decoderEmbeddings: Record<string, TargetEmbedding> = {};
  for (const name of config.domains_out) {
    const shared = config.share_modality_embeddings ? encoderEmbeddings[name]?.modality : undefined;
    const scope = list.scope(`decoder_embeddings.${name}`);
    decoderEmbeddings[name] = buildTargetEmbedding(scope, infoOf(name), width, shared);
  }

  const blocks = blockConfig(config);
  const repeat = <T>(times: number, build: (i: number) => T) => Array.from({ length: times }, (_, i) => build(i));
  return {
    config,
    modalities: used,
    parameters: list,
    unusedParameters: new Set(
      Object.values(decoderEmbeddings).flatMap(({ info, tokens }) => (info.kind === 'sequence' ? [] : [tokens])),
    ),
    encoderEmbeddings,
    decoderEmbeddings,
    encoder: repeat(config.encoder_depth, (i) => buildBlock(list.scope(`encoder.${i}`), blocks)),
    encoderNorm: buildLayerNorm(list.scope('encoder_norm'), width, config.norm_bias),
    contextProjection: buildLinear(list.scope('decoder_proj_context'), width, width),
    decoder: repeat(config.decoder_depth, (i) => buildDecoderBlock(list.scope(`decoder.${i}`), blocks)),
    decoderNorm: buildLayerNorm(list.scope('decoder_norm'), width, config.norm_bias),
    maskToken,
    registerTokens,
  };
}
