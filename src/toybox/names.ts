/** Names of the toybox's networks, apart from what they name, so that `--help` loads nothing else. */

/** The tokenizers. Both kinds of edges share one, as officially. */
export const TOYBOX_TOKENIZERS = [
  'rgb',
  'depth',
  'normal',
  'semseg',
  'edge',
  'clip',
  'dinov2',
  'imagebind',
  'dinov2_global',
  'imagebind_global',
  'human_poses',
  'sam_mask',
] as const;
/** Name of a tokenizer: that of its modality, or of what its inputs are. */
export type ToyboxTokenizerName = (typeof TOYBOX_TOKENIZERS)[number];

/**
 * Networks trained on the toybox that stand in for the frozen ones whose features 4M-21 tokenizes: an image–caption contrastive
 * one for CLIP, a self-distilled one for DINOv2, and one that binds image, depth, caption and pose for ImageBind.
 */
export const STAND_INS = ['clip', 'dinov2', 'imagebind'] as const;
/** Name of a stand-in: that of the network it stands for. */
export type StandIn = (typeof STAND_INS)[number];

/** All networks that stand in for frozen ones: those of images, and `t5`, the encoder of captions. */
export const FEATURE_NETWORKS = [...STAND_INS, 't5'] as const;
/** Name of a network that stands in for a frozen one. */
export type FeatureNetwork = (typeof FEATURE_NETWORKS)[number];
