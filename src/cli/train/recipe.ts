/** Settings of every stage: the shipped model's, and a small one's in minutes. */
import type { FeatureNetwork, ToyboxTokenizerName } from '../../toybox/names.js';
import type { ModelSize } from './model-config.js';

/** Settings of a training. */
export interface Stage {
  readonly steps: number;
  /** Samples a step. */
  readonly batch: number;
  readonly learningRate: number;
  readonly warmup: number;
}

/** Settings of a training on scenes that it renders. */
export interface SceneStage extends Stage {
  /** Scenes to choose from. */
  readonly scenes: number;
}

/** Settings of a tokenizer's training. */
export interface TokenizerStage extends SceneStage {
  /** Codes; those of the shipped model if absent. */
  readonly codebook?: number;
}

/** Settings of all stages. */
export interface ToyboxRecipe {
  /** Names of the model's modalities; all of the toybox if absent. A picture's pixels are always input. */
  readonly modalities?: readonly string[];
  /** The most solids of a training scene; those of the toybox, four, if absent. */
  readonly maxSolids?: number;
  /** Captions that the vocabulary is learned from. */
  readonly captions: number;
  readonly features: Readonly<Partial<Record<FeatureNetwork, SceneStage>>>;
  readonly tokenizers: Readonly<Partial<Record<ToyboxTokenizerName, TokenizerStage>>>;
  /** The diffusion decoder of colours; without it they are decoded by the tokenizer's own decoder. */
  readonly decoder?: SceneStage;
  /** Training scenes of the transformer. */
  readonly scenes: number;
  readonly model: Stage &
    ModelSize & {
      readonly inputTokens: number;
      readonly targetTokens: number;
      /** By published name; those of the shipped model if absent. */
      readonly lossWeights?: Readonly<Record<string, number>>;
    };
}

const NETWORK: SceneStage = { steps: 900, batch: 96, learningRate: 1e-3, warmup: 50, scenes: 8000 };
const TOKENIZER: SceneStage = { steps: 1500, batch: 32, learningRate: 2e-3, warmup: 100, scenes: 8000 };

/** Trains a model like the shipped one from random weights. The shipped weights come from several runs, which its card lists. */
export const TOYBOX_RECIPE = {
  captions: 5000,
  features: {
    clip: NETWORK,
    // Every scene is seen in several views.
    dinov2: { ...NETWORK, steps: 1800, batch: 32, scenes: 6000 },
    // Four modalities agree on less than two do, and take longer.
    imagebind: { ...NETWORK, steps: 2500, scenes: 16_000 },
    t5: { ...NETWORK, steps: 1200, batch: 64, scenes: 12_000 },
  },
  tokenizers: {
    rgb: { ...TOKENIZER, steps: 3000, learningRate: 1e-3, scenes: 12_000 },
    depth: TOKENIZER,
    normal: TOKENIZER,
    semseg: TOKENIZER,
    edge: TOKENIZER,
    clip: TOKENIZER,
    dinov2: TOKENIZER,
    imagebind: TOKENIZER,
    dinov2_global: TOKENIZER,
    imagebind_global: TOKENIZER,
    human_poses: { ...TOKENIZER, steps: 3000, batch: 128 },
    sam_mask: TOKENIZER,
  },
  decoder: { ...TOKENIZER, steps: 3200, learningRate: 1e-3, scenes: 12_000 },
  scenes: 24_000,
  model: {
    steps: 9000,
    batch: 32,
    learningRate: 1.4e-3,
    warmup: 200,
    width: 160,
    heads: 5,
    encoderDepth: 5,
    decoderDepth: 4,
    inputTokens: 64,
    targetTokens: 128,
  },
} satisfies ToyboxRecipe;

/**
 * A small model of three modalities, for wasm on two cores: `fourm train quick`. Scenes of one solid and a small codebook are
 * learned in minutes. With another modality's name here and its tokenizer's settings below, it learns that too.
 */
export const QUICK_RECIPE: ToyboxRecipe = {
  modalities: ['rgb', 'semseg', 'caption'],
  maxSolids: 1,
  captions: 2000,
  features: {},
  tokenizers: {
    rgb: { steps: 450, batch: 16, learningRate: 2e-3, warmup: 20, scenes: 2000, codebook: 64 },
    semseg: { steps: 300, batch: 16, learningRate: 2e-3, warmup: 20, scenes: 2000 },
  },
  scenes: 4000,
  model: {
    steps: 900,
    batch: 32,
    learningRate: 3e-3,
    warmup: 30,
    width: 96,
    heads: 3,
    encoderDepth: 2,
    decoderDepth: 2,
    inputTokens: 64,
    targetTokens: 64,
    // Classes come first: the picture of a text is generated from them.
    lossWeights: { 'tok_semseg@64': 2 },
  },
};
