import { InvalidInputError } from '../../errors.js';
import { DOMAINS, type Domain } from './domains.js';
import type { PublishedTokenizer, Resolutions, ValueKind } from './preset.js';

type Domains = typeof DOMAINS;
type Kind<D extends keyof Domains> = Domains[D]['preprocessing']['kind'];
/** A published tokenizer without its name. */
export type UnnamedTokenizer<K extends ValueKind = ValueKind> = Omit<PublishedTokenizer<K>, 'name'>;
type Sizes = readonly [from: number, to: number];

/** The published tokenizers, by their ids on the Hub. */
export const PUBLISHED_TOKENIZERS = named({
  'EPFL-VILAB/4M_tokenizers_rgb_16k_224-448': divae('rgb', 'rgb/ViTB-UNetP4_16k_224-448_predx0', 16384, [224, 448]),
  'EPFL-VILAB/4M_tokenizers_depth_8k_224-448': divae('depth', 'depth/ViTB-UNetP4_8k_224-448_predx0', 8192, [224, 448]),
  'EPFL-VILAB/4M_tokenizers_normal_8k_224-448': divae(
    'normal',
    'normal/ViTB-UNetP4_8k_224-448_predx0',
    8192,
    [224, 448],
  ),
  // The closest published configuration has at most 448 pixels.
  'EPFL-VILAB/4M_tokenizers_edge_8k_224-512': divae(
    'edges',
    'canny_edge/ViTB-UNetP4_8k_224-448_predx0',
    8192,
    [224, 512],
  ),
  'EPFL-VILAB/4M_tokenizers_semseg_4k_224-448': vqvae('classes', 'semseg_coco/ViTB-ViTB_4k_224-448', 4096, [224, 448]),
  'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448': vqvae('clip', 'CLIP-B16/ViTB-ViTB_8k_224-448', 8192, [224, 448]),
  'EPFL-VILAB/4M_tokenizers_DINOv2-B14_8k_224-448': vqvae(
    'dinov2',
    'DINOv2-B14/ViTB-ViTB_8k_224-448',
    8192,
    [224, 448],
  ),
  // The published configurations of the two global tokenizers have 8 codebooks; these have 16, as the models need.
  'EPFL-VILAB/4M_tokenizers_DINOv2-B14-global_8k_16_224': memcodes(
    'dinov2Global',
    'DINOv2-B14-global/BMLP1024-BMLP1024_8k_224',
    8192,
    16,
  ),
  'EPFL-VILAB/4M_tokenizers_ImageBind-H14_8k_224-448': vqvae(
    'imagebind',
    'ImageBind-H14/ViTB-ViTB_8k_224-448',
    8192,
    [224, 448],
  ),
  'EPFL-VILAB/4M_tokenizers_ImageBind-H14-global_8k_16_224': memcodes(
    'imagebindGlobal',
    'ImageBind-H14-global/BMLP1024-BMLP1024_8k_224',
    8192,
    16,
  ),
  'EPFL-VILAB/4M_tokenizers_sam-instance_1k_64': vqvae('mask', 'sam_instance/ViTB-ViTB_1k_224_64', 1024, [64, 64]),
  'EPFL-VILAB/4M_tokenizers_human-poses_1k_8': memcodes('pose', 'human_poses/BMLP1024-BMLP1024_1k_224', 1024, 8),
});

/**
 * The tokenizers with a published training configuration, by its file name in the official `cfgs/default/tokenization`. Not
 * all of them have a published checkpoint.
 */
export const TOKENIZER_RECIPES: Readonly<Record<string, PublishedTokenizer>> = named(
  Object.fromEntries(
    [
      ...(['224', '224-448'] as const).flatMap((at) => {
        const sizes: Sizes = at === '224' ? [224, 224] : [224, 448];
        return [
          divae('rgb', `rgb/ViTB-UNetP4_16k_${at}_predx0`, 16384, sizes),
          divae('rgb', `rgb/ViTB-UViTB_1k_${at}_predv_frozenenc`, 1024, sizes, 16),
          divae('depth', `depth/ViTB-UNetP4_8k_${at}_predx0`, 8192, sizes),
          divae('normal', `normal/ViTB-UNetP4_8k_${at}_predx0`, 8192, sizes),
          divae('edges', `canny_edge/ViTB-UNetP4_8k_${at}_predx0`, 8192, sizes),
          vqvae('rgb', `rgb/ViTB-ViTB_1k_${at}_CLIPB16-5.0`, 1024, sizes),
          vqvae('classes', `semseg_coco/ViTB-ViTB_4k_${at}`, 4096, sizes),
          vqvae('clip', `CLIP-B16/ViTB-ViTB_8k_${at}`, 8192, sizes),
          vqvae('dinov2', `DINOv2-B14/ViTB-ViTB_8k_${at}`, 8192, sizes),
          vqvae('imagebind', `ImageBind-H14/ViTB-ViTB_8k_${at}`, 8192, sizes),
          memcodes('dinov2Global', `DINOv2-B14-global/BMLP1024-BMLP1024_8k_${at}`, 8192, 8),
          memcodes('imagebindGlobal', `ImageBind-H14-global/BMLP1024-BMLP1024_8k_${at}`, 8192, 8),
        ];
      }),
      vqvae('mask', 'sam_instance/ViTB-ViTB_1k_224_64', 1024, [64, 64]),
      memcodes('pose', 'human_poses/BMLP1024-BMLP1024_1k_224', 1024, 8),
    ].map((preset) => [preset.recipe, preset]),
  ),
);

/**
 * The preset of a tokenizer, by its id on the Hub or the name of its training configuration.
 *
 * @throws InvalidInputError for an unknown name
 */
export function publishedTokenizer(name: string): PublishedTokenizer {
  for (const presets of [PUBLISHED_TOKENIZERS, TOKENIZER_RECIPES]) {
    if (Object.hasOwn(presets, name)) return presets[name]!;
  }
  const known = [...Object.keys(PUBLISHED_TOKENIZERS), ...Object.keys(TOKENIZER_RECIPES)].join(', ');
  throw new InvalidInputError(`unknown tokenizer '${name}'; known are ${known}`);
}

/** @param step of the sizes that the decoder takes: a UNet halves its maps, of patches of 4 pixels, three times */
function divae<D extends keyof Domains>(domain: D, recipe: string, codebookSize: number, sizes: Sizes, step = 32) {
  return preset(domain, 'divae', `divae/${recipe}`, codebookSize, 1, { from: sizes[0], to: sizes[1], step });
}

function vqvae<D extends keyof Domains>(domain: D, recipe: string, codebookSize: number, [from, to]: Sizes) {
  const resolutions = { from, to, step: DOMAINS[domain].patchSize! };
  return preset(domain, 'vqvae', `vqvae/${recipe}`, codebookSize, 1, resolutions);
}

function memcodes<D extends keyof Domains>(domain: D, recipe: string, codebookSize: number, codebooks: number) {
  return preset(domain, 'mlp-memcodes', `vqvae/${recipe}`, codebookSize, codebooks, undefined);
}

function preset<D extends keyof Domains>(
  domain: D,
  architecture: PublishedTokenizer['architecture'],
  recipe: string,
  codebookSize: number,
  codebooks: number,
  resolutions: Resolutions | undefined,
): UnnamedTokenizer<Kind<D>> {
  const what: Domain<Kind<D>> = DOMAINS[domain];
  return { architecture, recipe, ...what, codebookSize, codebooks, resolutions };
}

/** Published tokenizers by name, each with the type of its values; those of other names may have any type. */
export type NamedTokenizers<Presets> = Readonly<Record<string, PublishedTokenizer>> & {
  readonly [Name in keyof Presets]: Presets[Name] & { readonly name: string };
};

function named<Presets extends Readonly<Record<string, UnnamedTokenizer>>>(presets: Presets): NamedTokenizers<Presets> {
  return Object.fromEntries(
    Object.entries(presets).map(([name, rest]) => [name, { name, ...rest }]),
  ) as NamedTokenizers<Presets>;
}
