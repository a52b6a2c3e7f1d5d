/** The requirements and mistakes that the results of each kind of vector check. */
import type { FlagName } from './flags.js';

type Options = Readonly<Record<string, unknown>>;

/** A glob of results, requirements, flags, and a condition on the options. */
export type Row = readonly [
  results: string,
  requirements: string,
  flags: readonly FlagName[],
  when?: (options: Options) => boolean,
];

const config = (o: Options) => (o.config ?? {}) as Options;
const has = (key: string) => (o: Options) => Boolean(config(o)[key]);
const is = (key: string, value: unknown) => (o: Options) => config(o)[key] === value;
const domains = (o: Options) => [config(o).domains_in, config(o).domains_out].flat().map(String);
const memcodes = (o: Options) => config(o).quant_type === 'memcodes';
const lucid = (o: Options) => !memcodes(o);
const mlpTokenizer = (o: Options) => String(config(o).enc_type).startsWith('BottleneckMLP');
const vit = (o: Options) => !mlpTokenizer(o);
const uvit = (o: Options) => String(config(o).dec_type).startsWith('uvit');
const unet = (o: Options) => !uvit(o);
const preset = (key: string) => (o: Options) =>
  Object.values((o.custom_presets ?? {}) as Record<string, Options>).some((entry) => Boolean(entry[key]));
const args = (o: Options) => (config(o).args ?? {}) as Options;
const scheduler = (name: string) => (o: Options) => config(o).scheduler === name;
const spacing = (mode: string) => (o: Options) => config(o).mode === mode;
const both =
  (...tests: ((o: Options) => boolean)[]) =>
  (o: Options) =>
    tests.every((test) => test(o));
const not = (test: (o: Options) => boolean) => (o: Options) => !test(o);
const shared = (o: Options) => config(o).share_modality_embeddings !== false;

/** Layers that the encoder and decoder of a transformer share; the most specific rows first. */
const layers = (results: string): Row[] => [
  [results, 'TRN-3', ['gelu-tanh'], (o) => String(config(o).act_layer) === 'GELU'],
  [results, 'TRN-4', ['swiglu-halves'], has('gated_mlp')],
  [results, 'TRN-6', ['qk-norm-missing'], has('qk_norm')],
  [results, 'TRN-5', ['qkv-order', 'heads-interleaved', 'attention-scale']],
  [results, 'TRN-1 TRN-2', ['norm-epsilon']],
];

/** Requirements on the decoder that results after it check. */
const decoder = (results: string): Row[] => [
  [results, 'TRN-27', ['qkv-order']],
  [results, 'TRN-13 TRN-16 TRN-18', ['context-without-embedding', 'cross-attention-padding']],
];

/** Layers of the tokenizers' ViT. */
const vitLayers = (results: string): Row[] => [
  [results, 'TRN-5', ['qkv-order', 'heads-interleaved', 'attention-scale'], vit],
  [results, 'TRN-1 TRN-2', ['norm-epsilon'], vit],
];

const MASKED: Row[] = [
  ['/*/tensor', 'MSK-6 MSK-7 MSK-9 MSK-10', ['sentinel-off-by-one', 'sequence-layout']],
  ['/*/input_mask', 'MSK-7', ['sequence-layout']],
  ['/*/target_mask', 'MSK-7 MSK-11 MSK-12', ['sequence-cut']],
  ['/*/decoder_attention_mask', 'MSK-7 MSK-5', ['sequence-layout']],
];

/** Detections, in the order of computation: overlaps, matches, the curve, and the scores of it. */
const coco = (overlaps: string): Row[] => [
  ['/sets/*/ious/*', overlaps, ['metric-definition']],
  ['/thresholds/iou', 'MET-5', ['metric-definition']],
  ['*/recall_per_iou', 'MET-5', ['metric-definition', 'argsort-ties']],
  ['/thresholds/recall', 'MET-6', ['metric-definition']],
  ['*/precision_class0_iou50', 'MET-6', ['metric-definition', 'argsort-ties']],
  ['*/per_class/*/A*', 'MET-6 MET-5', ['metric-definition', 'metric-empty']],
  ['*/stats', 'MET-6 MET-5', ['metric-definition', 'metric-empty']],
];

export const REQUIREMENTS: Readonly<Record<string, readonly Row[]>> = {
  'ckpt.metadata': [['*', 'CKP-4 CKP-5 CKP-6 CKP-7', ['yaml-version', 'invalid-accepted']]],
  checkpoint: [['tensors', 'CKP-1 CKP-3 CKP-8', ['tensor-names']]],
  manifests: [
    ['4M*', 'CKP-8 MOD-2 EMB-3', ['tensor-names']],
    ['*vae__*', 'CKP-9 DIF-21 DIF-23 DIF-31 DIF-32', ['tensor-names']],
  ],
  'fullsize.generate': [['*', 'CKP-11 CKP-12', ['whole-model']]],
  'fm.forward': [
    ['out.encoder_tokens', 'EMB-5 EMB-6', ['patch-layout', 'token-order']],
    ['out.encoder_tokens', 'EMB-7', ['embeddings-not-added'], (o) => domains(o).some((name) => name.startsWith('t5'))],
    ['out.encoder_tokens', 'TRN-8 TRN-10 TRN-11', ['token-order']],
    ['out.encoder_*', 'TRN-9', ['register-tokens'], has('num_register_tokens')],
    ['out.encoder_emb', 'EMB-1 EMB-2 EMB-3 EMB-8 EMB-9', ['grid-axes-swapped', 'sequence-positions']],
    ['out.encoder_mask', 'TRN-8 TRN-10 TRN-11', ['token-order']],
    ['out.encoder_mod_mask', 'TRN-8 MOD-1', ['token-order']],
    ['out.decoder_tokens', 'EMB-10 EMB-11', ['teacher-forcing-shift']],
    ['out.decoder_emb', 'EMB-8 EMB-9', ['sequence-positions', 'grid-axes-swapped']],
    ['out.decoder_emb', 'EMB-12', ['embeddings-not-added'], shared],
    ['out.decoder_mask', 'TRN-14 TRN-15', ['token-order']],
    ['out.target_ids', 'TRN-14 TRN-15 EMB-11', ['teacher-forcing-shift', 'token-order']],
    ['out.decoder_attention_mask', 'TRN-19 TRN-20', ['mask-expansion'], not(has('decoder_causal_mask'))],
    ['out.decoder_attention_mask', 'TRN-21', ['causal-mask'], has('decoder_causal_mask')],
    ['out.decoder_attention_mask', 'TRN-22', ['mask-separation'], not(is('decoder_sep_mask', false))],
    ['out.decoder_mod_mask', 'TRN-14 TRN-19', ['token-order']],
    ...layers('out.encoder_output'),
    ['out.encoder_output', 'TRN-7', ['softmax-over-padding']],
    ['out.encoder_output', 'TRN-12', ['embeddings-not-added']],
    ['out.context', 'TRN-13', ['context-without-embedding']],
    ['out.decoder_output', 'TRN-16 TRN-17', ['cross-attention-padding']],
    ['out.decoder_output', 'TRN-27', ['qkv-order']],
    ['out.logits.*', 'TRN-18', ['token-order']],
    ['out.loss_mod.*', 'LOS-1 LOS-2', ['loss-average']],
    ['out.loss_mod', 'LOS-3', ['loss-average']],
    ['out.loss_token*', 'LOS-4', ['loss-average']],
    ['out.encoder_tokens', 'MOD-3', ['registry-value']],
  ],
  'fm.gradient': [
    ...layers('out.loss'),
    ...decoder('out.loss'),
    ['out.loss', 'LOS-3', ['loss-average'], (o) => o.loss_type === 'mod'],
    ['out.loss', 'LOS-4', ['loss-average'], (o) => o.loss_type === 'token'],
    ['out.grad.*', 'LOS-5', ['gradient-wrong']],
    ['has_gradient.*', 'LOS-5', ['gradient-where-none']],
  ],
  'fmvit.forward': [['out.features', 'TRN-23', ['patch-layout']], ...layers('out.features')],
  'fmvit.from_fm_config': [['out.features', 'TRN-24 TRN-23', ['patch-layout']], ...layers('out.features')],
  'fmvit.lora': [
    ['state_dict_additions', 'TRN-26', ['tensor-names']],
    ...layers('out.lora.*'),
    ['out.*.decoder_output', 'TRN-27', ['qkv-order']],
    ['out.lora.*', 'TRN-25', ['lora-scale']],
    ['out.fused*', 'TRN-26', ['lora-scale']],
  ],
  'gen.cfg_formula': [
    ['out.guided_*', 'GDC-1', ['guidance-reversed']],
    ['out.multi_*', 'GDC-3', ['guidance-weights', 'guidance-reversed']],
  ],
  'gen.filter': [],
  'gen.init': [
    ['out.empty_target.tok_*', 'GEN-1', ['sequence-layout']],
    ['out.empty_target.*', 'GEN-3 GEN-4', ['sentinel-off-by-one', 'sequence-layout']],
    ['out.full_rgb.*', 'GEN-1', ['sequence-layout']],
    ['out.emptied_seq.*', 'GEN-3 GDC-4', ['unconditional-inputs']],
    ['out.full_*_eos.*', 'GEN-5', ['sequence-cut']],
    ['out.full_t5.*', 'GEN-6', ['sequence-layout']],
    ['out.custom_text.*', 'GEN-7', ['sequence-layout']],
  ],
  'gen.sample': [
    ...layers('out.call*'),
    ...decoder('out.call*'),
    ['out.final.*', 'GEN-12 GEN-18', ['decided-changes']],
  ],
  'gen.schedules': [],
  'gen.chained_schedules': [['*', 'GEN-8 GDC-7 SCH-4', ['chain-conditions', 'invalid-accepted']]],
  'mask.budget': [['*', 'MSK-1 MSK-2 MSK-3', ['budget-rounding']]],
  'mask.decoder_attention': [],
  'mask.image': [
    ['*.input_mask', 'MSK-4', ['argsort-ties', 'argsort-inverse']],
    ['*.target_mask', 'MSK-4', ['argsort-ties', 'argsort-inverse']],
    ['*.decoder_attention_mask', 'MSK-5', ['mask-expansion']],
  ],
  'mask.merge': [['*', 'MSK-17', ['merge-sentinels']]],
  'mask.span': [
    ['*/input', 'MSK-6', ['sentinel-off-by-one', 'keep-strict']],
    ['*/target', 'MSK-6', ['sentinel-off-by-one', 'keep-strict']],
    ['*/merged_back', 'MSK-17', ['merge-sentinels']],
  ],
  'mask.sequence': [...MASKED, ['/*/tensor', 'MSK-8', ['sequence-cut']]],
  'mask.seqtoken_emb': [...MASKED, ['/*/tensor', 'MSK-13 MSK-14', ['sequence-layout']]],
  'mask.transfer': [
    ['*', 'MSK-15 MSK-16', ['sequence-layout', 'sentinel-off-by-one']],
    ['/*/tensor', 'MSK-8', ['sequence-cut']],
  ],
  'sched.steps': [
    [
      'out.timesteps',
      'SCH-12 SCH-15',
      ['timestep-spacing'],
      both(not(scheduler('PNDMScheduler')), (o) => [null, 'leading'].includes(config(o).mode as string | null)),
    ],
    ['out.timesteps', 'SCH-13', ['timestep-spacing'], spacing('trailing')],
    ['out.timesteps', 'SCH-14', ['timestep-spacing'], spacing('linspace')],
    ['out.timesteps', 'DIF-14', ['timestep-spacing'], scheduler('PNDMScheduler')],
    ['out.pred_original.*', 'DIF-2', ['prediction-type']],
    ['out.pred_original.*', 'DIF-3', ['sample-limit'], (o) => Boolean(args(o).thresholding)],
    ['out.prev_sample.*', 'DIF-5', ['step-variance'], scheduler('DDIMScheduler')],
    [
      'out.prev_sample.*',
      'DIF-7',
      ['step-variance'],
      both(scheduler('DDIMScheduler'), (o) => Number(config(o).eta ?? 0) > 0),
    ],
    [
      'out.prev_sample.*',
      'DIF-4',
      ['sample-limit'],
      both(scheduler('DDIMScheduler'), (o) => Boolean(args(o).thresholding) || args(o).clip_sample !== false),
    ],
    ['out.prev_sample.*', 'DIF-8 DIF-9', ['step-variance'], scheduler('DDPMScheduler')],
    ['out.prev_sample.*', 'DIF-2 DIF-10 DIF-12', ['multistep-order'], scheduler('PNDMScheduler')],
    [
      'out.prev_sample.*',
      'DIF-13',
      ['multistep-order'],
      both(scheduler('PNDMScheduler'), (o) => Boolean(args(o).skip_prk_steps)),
    ],
    [
      'out.prev_sample.*',
      'DIF-11',
      ['multistep-order'],
      both(scheduler('PNDMScheduler'), (o) => !args(o).skip_prk_steps),
    ],
    [
      'out.prev_sample.*',
      'SCH-11',
      ['zero-terminal-snr'],
      both(not(scheduler('PNDMScheduler')), (o) => args(o).zero_terminal_snr !== false),
    ],
    ['out.prev_sample.*', 'SCH-8', ['beta-schedule'], (o) => args(o).beta_schedule === 'scaled_linear'],
    ['out.noisy', 'SCH-7', ['beta-schedule']],
    [
      'out.noisy',
      'SCH-11',
      ['zero-terminal-snr'],
      both(not(scheduler('PNDMScheduler')), (o) => args(o).zero_terminal_snr !== false),
    ],
    ['out.*velocity', 'SCH-7 LOS-6', ['prediction-type']],
  ],
  'sched.tables': [],
  'sched.timesteps': [['*', 'SCH-12 SCH-13 SCH-14', ['timestep-spacing']]],
  'text.encode': [
    [
      '/*/ids',
      'TXT-5 TXT-6 TXT-7 TXT-8 TXT-9 TXT-10 TXT-11 TXT-12 TXT-17 TXT-18',
      ['text-normalisation', 'added-tokens', 'piece-greedy'],
    ],
    ['/*/tokens', 'TXT-1', ['piece-greedy']],
    ['/*/decoded_*', 'TXT-13 TXT-14 TXT-15', ['decode-cleanup']],
  ],
  'text.decode': [['*', 'TXT-13 TXT-14 TXT-15', ['decode-cleanup']]],
  'text.special_ids': [['*', 'TXT-1 TXT-2 TXT-3 TXT-4', ['special-ids']]],
  'text.caption_f1': [['*', 'MET-3', ['metric-definition', 'metric-empty']]],
  'trans.decode_text': [
    ['*', 'MSK-18', ['merge-sentinels', 'decode-cleanup']],
    ['/*/merged_text', 'MSK-17', ['merge-sentinels']],
  ],
  'trans.det': [
    ['/build/*/after_augment', 'MOD-6 MOD-7', ['text-value-order']],
    ['/build/*/string', 'MOD-5', ['coordinate-rounding']],
    ['/parse/*', 'MOD-8', ['text-parse']],
  ],
  'trans.hash': [['*', 'MOD-1', ['modality-hash']]],
  'trans.image': [
    ['*resized_*', 'TRF-5 TRF-6 TRF-7 TRF-11 TRF-12', ['resize-filter', 'channel-order']],
    ['*imagenet', 'TRF-10', ['channel-order']],
    ['*inception', 'TRF-10', ['channel-order']],
    ['out.normal*', 'TRF-14', ['normals-sign']],
    ['out.depth*', 'TRF-15', ['depth-standardised']],
    ['out.semseg*', 'TRF-16', ['class-shift']],
    ['out.mask*', 'TRF-17', ['resize-filter']],
    ['/augmenters/*', 'TRF-13', ['coordinate-rounding']],
    ['out.denorm*', 'TRF-10 TRF-18', ['channel-order']],
    ['out.tensor_to_images*', 'TRF-18', ['channel-order']],
  ],
  'trans.metadata': [
    ['/build/*', 'MOD-9 MOD-10', ['bins-wrong']],
    ['/decode/*', 'MOD-11', ['bins-wrong']],
    ['/*', 'MOD-9', ['registry-value']],
  ],
  'trans.modality_info': [['*', 'MOD-2 MOD-21', ['registry-value']]],
  'trans.palette': [
    ['/*/flat', 'MOD-12', ['text-value-order']],
    ['/*/string', 'MOD-12', ['text-value-order']],
    ['/*/image_*', 'MOD-13', ['channel-order']],
  ],
  'trans.pose': [
    ['/build/*/string', 'MOD-4 MOD-14 MOD-15 MOD-16', ['coordinate-rounding', 'text-value-order']],
    ['/build/*/after_crop', 'MOD-15', ['text-value-order']],
    ['/parse/*', 'MOD-17 MOD-14', ['text-parse']],
    ['/empty/*', 'MOD-15', ['text-parse']],
  ],
  'trans.posemb': [
    ['out.sincos1d*', 'EMB-1', ['sequence-positions']],
    ['out.*sincos2d*', 'EMB-2', ['grid-axes-swapped']],
    ['out.vit_sincos2d*', 'VQ-7', ['grid-axes-swapped']],
    ['out.bicubic*', 'EMB-4', ['position-resize']],
    ['out.rgb_pos_emb*', 'EMB-4 CKP-10', ['position-resize']],
    ['out.nearest*', 'DIF-19', ['position-resize']],
  ],
  'trans.sam': [
    ['/grid_query_points_xy', 'MOD-19', ['coordinate-rounding']],
    ['/build/*', 'MOD-4 MOD-18', ['text-value-order']],
    ['/parse/*', 'MOD-20', ['text-parse']],
  ],
  'vq.autoencode': [
    ['out.encoder*', 'TRN-3', ['gelu-tanh']],
    ...vitLayers('out.encoder*'),
    ['out.encoder*', 'VQ-6 VQ-7', ['patch-layout', 'grid-axes-swapped'], vit],
    ['out.encoder*', 'VQ-8', ['gelu-tanh'], has('post_mlp')],
    ['out.encoder*', 'VQ-3', ['patch-layout'], is('patch_proj', false)],
    ['out.encoder*', 'VQ-4', ['class-shift'], has('n_labels')],
    ['out.encoder*', 'VQ-5', ['undo-standardising'], has('undo_std')],
    ['out.encoder*', 'VQ-11 VQ-12', ['norm-epsilon'], mlpTokenizer],
    ['out.latents*', 'VQ-1 VQ-2', ['patch-layout']],
    ['out.tokens*', 'QNT-3 QNT-1', ['code-distance'], lucid],
    ['out.tokens*', 'QNT-2', ['code-distance'], has('norm_latents')],
    ['out.tokens*', 'QNT-15', ['memcodes-heads'], memcodes],
    ['out.quant*', 'QNT-4', ['codes-normalised'], lucid],
    ['out.quant*', 'QNT-16', ['memcodes-heads'], memcodes],
    ['out.quant*', 'QNT-5', ['code-distance'], (o) => lucid(o) && Number(config(o).num_codebooks) > 1],
    ['out.recon*', 'VQ-9', ['decoder-shuffle', 'channel-order']],
    ['out.recon*', 'VQ-10', ['norm-epsilon'], has('out_conv')],
    ['out.decode_tokens', 'VQ-9', ['decoder-shuffle']],
    ['out.tokens_to_embedding', 'QNT-6', ['codes-normalised']],
    ['out.code_loss*', 'LOS-7', ['loss-average']],
    ['out.code_loss*', 'QNT-2', ['code-distance'], has('norm_latents')],
  ],
  'vq.divae': [
    ...vitLayers('out.encoder'),
    ['out.encoder', 'VQ-6 TRN-3', ['patch-layout', 'gelu-tanh']],
    ['out.encoder', 'VQ-8', ['gelu-tanh'], has('post_mlp')],
    ['out.latents', 'VQ-1 VQ-2', ['patch-layout']],
    ['out.tokens', 'QNT-3', ['code-distance']],
    ['out.quant', 'QNT-4', ['codes-normalised']],
    ['out.code_loss', 'LOS-7', ['loss-average']],
    ['out.denoise*', 'DIF-15 DIF-16 DIF-17 DIF-18 DIF-19 DIF-30', ['denoiser-conditioning', 'time-embedding']],
    ['out.denoise*', 'DIF-21 DIF-22 DIF-20', ['denoiser-conditioning'], unet],
    ['out.denoise*', 'DIF-24 DIF-25 DIF-26', ['denoiser-conditioning'], uvit],
    [
      'out.denoise*',
      'DIF-27',
      ['denoiser-conditioning'],
      (o) => uvit(o) && String(config(o).conditioning ?? config(o).cond_type).includes('xattn'),
    ],
    ['out.denoise*', 'DIF-28', ['long-skips'], preset('mid_use_long_skip')],
    ['out.denoise_res', 'DIF-29', ['original-size']],
    ['out.timesteps_*trailing*', 'SCH-13', ['timestep-spacing']],
    ['out.timesteps_*linspace*', 'SCH-14', ['timestep-spacing']],
    ['out.timesteps_*leading*', 'SCH-12', ['timestep-spacing']],
    ['out.timesteps_ddpm*', 'SCH-15', ['timestep-spacing']],
    ['out.*_ddpm_*', 'DIF-8 DIF-9', ['step-variance']],
    ['out.*_ddim_*', 'DIF-5 DIF-6', ['step-variance']],
    ['out.sample_*', 'DIF-1', ['sample-limit']],
    [
      'out.sample_*',
      'SCH-11',
      ['zero-terminal-snr'],
      (o) => Boolean((o.scheduler_for_sampling as Options | undefined)?.zero_terminal_snr),
    ],
    ['out.traj_*', 'DIF-1', ['sample-limit']],
  ],
  'vq.kmeans': [
    ['out.usage.*', 'QNT-14', ['metric-definition']],
    ['*', 'QNT-13', ['argsort-ties']],
  ],
  'vq.train_ema': [
    ['out.indices.*', 'QNT-3', ['code-distance']],
    ['out.indices.*', 'QNT-11', ['argsort-ties'], is('code_replacement_policy', 'linde_buzo_gray')],
    ['out.quant.*', 'QNT-4', ['codes-normalised']],
    ['out.loss.*', 'QNT-2', ['code-distance'], has('norm_latents')],
    ['out.loss.*', 'LOS-7', ['loss-average']],
    ['out.grad_x.*', 'QNT-12 LOS-8', ['straight-through']],
    ['out.state.*', 'QNT-7', ['ema-inverted']],
    ['out.state.*', 'QNT-8', ['ema-inverted'], is('kind', 'CosineSim')],
    ['out.state.*', 'QNT-9', ['ema-inverted'], is('kind', 'Euclidean')],
    ['out.state.*', 'QNT-10', ['dead-codes'], (o) => Number(config(o).threshold_ema_dead_code) > 0],
  ],
  'vq.train_memcodes': [
    ['*', 'QNT-17', ['straight-through', 'memcodes-heads']],
    ['*', 'QNT-18', ['straight-through'], is('codebook_size', 1)],
  ],
  'eval.coco_bbox': coco('MET-4'),
  'eval.coco_segm': coco('MET-4 MET-7'),
  'eval.coco_mask': [
    ['/polygons/*', 'MET-8', ['coordinate-rounding']],
    ['/*', 'MET-7', ['patch-layout']],
    ['decoded.*', 'MET-7', ['patch-layout']],
    ['out.*iou*', 'MET-4', ['metric-definition']],
  ],
  'eval.depth': [
    ['/sets/*/expected/*', 'MET-9 MET-10', ['metric-definition', 'metric-empty']],
    ['out.*.aligned_*', 'MET-10', ['metric-definition']],
    ['/sets/*/ssi/*', 'MET-11', ['metric-definition']],
    ['/sets/*/truncated*', 'MET-11', ['metric-definition']],
  ],
  'eval.frechet': [['*', 'MET-17', ['metric-definition']]],
  'eval.image': [['*', 'MET-18', ['border-handling', 'metric-definition', 'invalid-accepted']]],
  'eval.knn': [['*', 'MET-15', ['argsort-ties', 'metric-definition']]],
  'eval.normals': [['*', 'MET-12', ['normals-sign', 'metric-definition', 'metric-empty']]],
  'eval.pose': [['*', 'MET-13', ['metric-definition']]],
  'eval.retrieval': [['*', 'MET-16', ['argsort-ties', 'metric-definition']]],
  'eval.rotation': [['*', 'MET-14', ['metric-definition']]],
  'eval.semseg': [['*', 'MET-1 MET-2', ['metric-definition', 'metric-empty']]],
  'image.attributes': [['*', 'MET-23', ['metric-definition']]],
  'image.attributes_4m': [['*', 'MOD-9 MOD-10', ['registry-value']]],
  'image.canny': [['*', 'MET-22', ['border-handling']]],
  'image.color': [
    ['out.*.gray*', 'MET-19', ['channel-order']],
    ['out.*', 'MET-20', ['channel-order']],
  ],
  'image.delta_e': [['*', 'MET-20', ['metric-definition']]],
  'image.palette': [['*', 'MET-24', ['argsort-ties']]],
  'image.resize': [],
  'image.sobel': [['*', 'MET-21', ['border-handling']]],
  'media.decode': [],
};
