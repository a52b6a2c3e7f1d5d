import type { Inputs } from './inputs.js';
import type { Outputs } from './outputs.js';

/**
 * Computes the results of a task of one kind.
 *
 * @throws SkippedTask if a file is missing that is not part of the task
 */
export type Runner = (task: Inputs, out: Outputs) => Promise<void> | void;

/** The runner of each kind of case, imported with the first case of its kind. */
const RUNNERS: Readonly<Record<string, () => Promise<Runner>>> = {
  'ckpt.files': async () => (await import('./runners/checkpoint-files.js')).checkpointFiles,
  'ckpt.metadata': async () => (await import('./runners/metadata.js')).metadata,
  'eval.coco_bbox': async () => (await import('./runners/detection-metrics.js')).boxMetrics,
  'eval.coco_mask': async () => (await import('./runners/coco-masks.js')).cocoMasks,
  'eval.coco_segm': async () => (await import('./runners/detection-metrics.js')).maskMetrics,
  'eval.depth': async () => (await import('./runners/depth-metrics.js')).depthMetrics,
  'eval.frechet': async () => (await import('./runners/embedding-metrics.js')).frechetMetrics,
  'eval.image': async () => (await import('./runners/image-metrics.js')).imageMetrics,
  'eval.knn': async () => (await import('./runners/embedding-metrics.js')).neighbourMetrics,
  'eval.normals': async () => (await import('./runners/normal-metrics.js')).normalMetrics,
  'eval.pose': async () => (await import('./runners/pose-metrics.js')).poseMetrics,
  'eval.retrieval': async () => (await import('./runners/embedding-metrics.js')).retrievalMetrics,
  'eval.rotation': async () => (await import('./runners/pose-metrics.js')).rotations,
  'eval.semseg': async () => (await import('./runners/class-metrics.js')).classMetrics,
  'fm.forward': async () => (await import('./runners/transformer.js')).transformerForward,
  'fm.gradient': async () => (await import('./runners/transformer-gradient.js')).transformerGradient,
  'fmvit.forward': async () => (await import('./runners/fm-vit.js')).encoderOnly,
  'fmvit.from_fm_config': async () => (await import('./runners/fm-vit.js')).encoderOnly,
  'fmvit.lora': async () => (await import('./runners/fm-vit.js')).adapters,
  'fullsize.generate': async () => (await import('./runners/full-size.js')).fullSizeGeneration,
  'gen.cfg_formula': async () => (await import('./runners/sampling.js')).guidanceFormula,
  'gen.chained_schedules': async () => (await import('./runners/schedules.js')).chainedSchedules,
  'gen.filter': async () => (await import('./runners/sampling.js')).filters,
  'gen.init': async () => (await import('./runners/initial-state.js')).initialState,
  'gen.sample': async () => (await import('./runners/generation.js')).generation,
  'gen.schedules': async () => (await import('./runners/schedules.js')).schedules,
  'image.attributes': async () => (await import('./runners/attributes.js')).attributes,
  'image.attributes_4m': async () => (await import('./runners/attributes.js')).attributeTables,
  'image.canny': async () => (await import('./runners/edges.js')).cannyEdges,
  'image.color': async () => (await import('./runners/colours.js')).colourSpaces,
  'image.delta_e': async () => (await import('./runners/colours.js')).colourDifferences,
  'image.palette': async () => (await import('./runners/colours.js')).colourClusters,
  'image.resize': async () => (await import('./runners/resizing.js')).resizedPictures,
  'image.sobel': async () => (await import('./runners/edges.js')).derivatives,
  checkpoint: async () => (await import('./runners/transformer.js')).checkpoint,
  manifests: async () => (await import('./runners/manifests.js')).manifests,
  'mask.budget': async () => (await import('./runners/masks.js')).budgets,
  'mask.decoder_attention': async () => (await import('./runners/masks.js')).decoderAttention,
  'mask.image': async () => (await import('./runners/masks.js')).imageMasks,
  'mask.merge': async () => (await import('./runners/masks.js')).merges,
  'mask.seqtoken_emb': async () => (await import('./runners/sequence-masks.js')).tokenAndEmbeddingMasks,
  'mask.sequence': async () => (await import('./runners/sequence-masks.js')).sequenceMasks,
  'mask.span': async () => (await import('./runners/masks.js')).spans,
  'mask.transfer': async () => (await import('./runners/transfer-masks.js')).transferMasks,
  'media.decode': async () => (await import('./runners/media.js')).decodedFiles,
  'sched.loss': async () => (await import('./runners/noise-schedules.js')).diffusionLoss,
  'sched.steps': async () => (await import('./runners/noise-schedules.js')).denoisingSteps,
  'sched.tables': async () => (await import('./runners/noise-schedules.js')).noiseTables,
  'sched.timesteps': async () => (await import('./runners/noise-schedules.js')).timesteps,
  'text.caption_f1': async () => (await import('./runners/caption-metrics.js')).captionMetrics,
  'text.decode': async () => (await import('./runners/text.js')).textDecode,
  'text.encode': async () => (await import('./runners/text.js')).textEncode,
  'text.special_ids': async () => (await import('./runners/text.js')).specialIds,
  'trans.decode_text': async () => (await import('./runners/masked-texts.js')).maskedTexts,
  'trans.det': async () => (await import('./runners/detections.js')).detections,
  'trans.hash': async () => (await import('./runners/modality-ids.js')).modalityIds,
  'trans.image': async () => (await import('./runners/image-transforms.js')).imageTransforms,
  'trans.modality_info': async () => (await import('./runners/modality-registry.js')).modalityRegistry,
  'trans.metadata': async () => (await import('./runners/text-values.js')).metadataStrings,
  'trans.palette': async () => (await import('./runners/text-values.js')).palettes,
  'trans.pose': async () => (await import('./runners/human-poses.js')).humanPoses,
  'trans.posemb': async () => (await import('./runners/positions.js')).positions,
  'trans.sam': async () => (await import('./runners/sam-instances.js')).samInstances,
  'vq.autoencode': async () => (await import('./runners/autoencode.js')).autoencode,
  'vq.divae': async () => (await import('./runners/divae.js')).diffusionTokenizer,
  'vq.kmeans': async () => (await import('./runners/k-means.js')).kMeansAndUsage,
  'vq.train_ema': async () => (await import('./runners/codebook.js')).movingAverage,
  'vq.train_memcodes': async () => (await import('./runners/memcodes.js')).memory,
};

/** The kinds of cases that can be run. */
export const KINDS: readonly string[] = Object.keys(RUNNERS);

/** The runner of a kind of case; undefined for an unknown kind. */
export async function runnerOf(kind: string): Promise<Runner | undefined> {
  return Object.hasOwn(RUNNERS, kind) ? RUNNERS[kind]!() : undefined;
}
