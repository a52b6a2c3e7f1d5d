/** Configurations as the metadata of a checkpoint: texts, of which those of every key are known to be right or wrong. */
import fc from 'fast-check';

/** Right texts of every key. What is right does not depend on the other keys. */
export type RightTexts = Readonly<Record<string, readonly string[]>>;

/** Texts that are no number from 1 to a million, flag, known word or list of them, whatever they are read as. */
const WRONG_TEXTS = [
  '-1',
  '-0.5',
  '1000000000',
  '1000000000000000000000',
  '1.0e+300',
  '1e9',
  '-.inf',
  '.nan',
  '0x7fffffffffffffff',
  '[8, [8]]',
  '[-1, 0]',
  '{a: 8}',
  "'8'",
  '&a [*a]',
  '8\n9',
  '\u0007',
  '2024-01-01',
  'x'.repeat(101),
  '['.repeat(300),
  'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\ne: &e [*d, *d]\nf: &f [*e, *e]\ng: [*f, *f]',
  'a: &a {<<: *a}',
];

/** Keys of which any number that is not negative is right. */
const UNBOUNDED = ['threshold_ema_dead_code', 'commitment_weight'];

const wrongTexts = (key: string) =>
  UNBOUNDED.includes(key) ? WRONG_TEXTS.filter((text) => !/^\d[\dx][\da-f]*$|^1\.0/.test(text)) : WRONG_TEXTS;

/** Keys that no configuration has. */
const WRONG_KEYS = ['toString', 'constructor', 'hidden', ''];

/** A configuration, and whether it is right. */
export interface Config {
  readonly metadata: Record<string, string>;
  readonly right: boolean;
}

/**
 * Every key absent, right or, seldom, wrong.
 *
 * @param required keys that may not be absent
 * @param strict   whether keys that are not known are wrong
 */
export function configs(texts: RightTexts, required: readonly string[], strict: boolean): fc.Arbitrary<Config> {
  const value = (key: string) =>
    fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom(...texts[key]!).map((text) => ({ text, right: true })) },
      { weight: 40, arbitrary: fc.constant({ text: undefined, right: !required.includes(key) }) },
      { weight: 2, arbitrary: fc.constantFrom(...wrongTexts(key)).map((text) => ({ text, right: false })) },
    );
  const keys = Object.keys(texts);
  const extra = fc.option(fc.constantFrom(...WRONG_KEYS), { freq: 20 });
  return fc.tuple(fc.tuple(...keys.map(value)), extra).map(([values, unknown]) => {
    const entries = values.flatMap(({ text }, i) => (text === undefined ? [] : [[keys[i]!, text] as const]));
    if (unknown !== null) entries.push([unknown, '1']);
    const right = values.every((v) => v.right) && !(strict && unknown !== null);
    return { metadata: Object.fromEntries(entries), right };
  });
}

const FLAGS = ['True', 'False', 'yes', 'off'];

/** Of a 4M model. */
export const FOUR_M: RightTexts = {
  domains_in: ["['rgb@224', 'caption']", '[tok_rgb@224]', "['t5_caption', 'tok_dinov2_global', 'det']"],
  domains_out: ["['tok_rgb@224', 'caption']", '[]', '[det]'],
  dim: ['12', '24', '48', '0b110000', '1_2_0', '12000'],
  num_heads: ['1', '2', '3', '4', '6', '12'],
  mlp_ratio: ['4.0', '4', '2.6666', '1'],
  image_size: ['224', '1', '1048576'],
  patch_size: ['16'],
  encoder_depth: ['1', '12'],
  decoder_depth: ['1', '24', '010'],
  num_register_tokens: ['0', '1', '4', '-0'],
  act_layer: ['SiLU', 'GELU', '"ReLU"'],
  ...Object.fromEntries(
    [
      'qkv_bias',
      'proj_bias',
      'mlp_bias',
      'norm_bias',
      'gated_mlp',
      'qk_norm',
      'decoder_causal_mask',
      'decoder_sep_mask',
      'share_modality_embeddings',
    ].map((key) => [key, FLAGS]),
  ),
};

/** Of a tokenizer; those of a decoder that paints included. */
export const TOKENIZER: RightTexts = {
  image_size: ['224', '[224, 448]', '1048576'],
  image_size_enc: ['None', '256', ''],
  image_size_dec: ['null', '448'],
  n_channels: ['3'],
  n_labels: ['None', '134'],
  enc_type: ['vit_b_enc', 'vit_toy_enc', 'BottleneckMLP/B_6-Wi_1024'],
  patch_proj: FLAGS,
  post_mlp: FLAGS,
  patch_size: ['1', '16', '020'],
  patch_size_dec: ['~', '8'],
  out_conv: FLAGS,
  quant_type: ['lucid', 'memcodes'],
  codebook_size: ['1', '16384', '1048576'],
  num_codebooks: ['1', '2', '8'],
  latent_dim: ['32', '64'],
  norm_codes: FLAGS,
  norm_latents: FLAGS,
  ema_decay: ['0.99', '0', '1'],
  threshold_ema_dead_code: ['0.25', '0', '8'],
  code_replacement_policy: ['batch_random', 'linde_buzo_gray'],
  commitment_weight: ['1.0', '0'],
  kmeans_init: FLAGS,
  undo_std: FLAGS,
};

/** Of the decoder of a tokenizer that does not paint. */
export const DECODER: RightTexts = { dec_type: ['vit_b_dec', 'vit_toy_dec', 'BottleneckMLP/B_40-Wi_1-E_9'] };

/** Of the decoder of one that does. */
export const PAINTER: RightTexts = {
  dec_type: ['unet_patched', 'uvit_b_p4_f16'],
  num_train_timesteps: ['1000', '2'],
  beta_schedule: ['linear', 'shifted_cosine:0.5'],
  prediction_type: ['sample', 'v_prediction'],
  clip_sample: FLAGS,
  thresholding: FLAGS,
  zero_terminal_snr: FLAGS,
  conditioning: ['concat', 'xattn'],
};
