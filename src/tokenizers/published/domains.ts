import { PLUS_MINUS_ONE } from '../../modalities/normalisation.js';
import { publishedTokenizerInputs } from '../../modalities/published.js';
import type { Preprocessing, PublishedTokenizer, ValueKind } from './preset.js';

/** Input of a preset's tokenizer. */
export type Domain<K extends ValueKind> = Pick<
  PublishedTokenizer<K>,
  'domain' | 'modalities' | 'preprocessing' | 'channels' | 'patchSize'
>;

const PICTURE = { filter: 'bicubic', normalisation: PLUS_MINUS_ONE } as const;

/**
 * Inputs of the published tokenizers. Images are resized as by default in the official code: with
 * Pillow's bicubic filter, and classes and masks with its nearest pixel. (`MODALITY_TRANSFORMS_DIVAE` officially.)
 */
export const DOMAINS = {
  rgb: domain('rgb', 16, ['tok_rgb@224', 'tok_rgb@448'], { kind: 'rgb', ...PICTURE }),
  depth: domain('depth', 16, ['tok_depth@224', 'tok_depth@448'], { kind: 'depth', filter: 'bicubic' }),
  normal: domain('normal', 16, ['tok_normal@224', 'tok_normal@448'], { kind: 'normal', ...PICTURE }),
  edges: domain('canny_edge', 16, ['tok_canny_edge@224', 'tok_sam_edge@224'], { kind: 'edges', ...PICTURE }),
  classes: domain('semseg_coco', 16, ['tok_semseg@224', 'tok_semseg@448'], {
    kind: 'classes',
    filter: 'nearest',
    classes: publishedTokenizerInputs.semseg_coco!.classes!,
    shift: 1,
  }),
  mask: domain('sam_mask', 16, ['sam_instance'], { kind: 'mask', filter: 'nearest' }),
  pose: domain('human_poses', undefined, ['human_poses'], { kind: 'pose' }),
  clip: domain('CLIP-B16', 16, ['tok_clip@224', 'tok_clip@448'], {
    kind: 'features',
    network: 'CLIP ViT-B/16: patch tokens of the last layer, projected to 512',
  }),
  dinov2: domain('DINOv2-B14', 14, ['tok_dinov2@224'], {
    kind: 'features',
    network: 'DINOv2 ViT-B/14: normalised patch tokens',
  }),
  dinov2Global: domain('DINOv2-B14-global', undefined, ['tok_dinov2_global'], {
    kind: 'embedding',
    network: 'DINOv2 ViT-B/14: normalised class token',
  }),
  imagebind: domain('ImageBind-H14', 14, ['tok_imagebind@224'], {
    kind: 'features',
    network: 'ImageBind ViT-H/14: patch tokens',
  }),
  imagebindGlobal: domain('ImageBind-H14-global', undefined, ['tok_imagebind_global'], {
    kind: 'embedding',
    network: 'ImageBind ViT-H/14: class token',
  }),
} as const;

function domain<K extends ValueKind>(
  name: string,
  patchSize: number | undefined,
  modalities: readonly string[],
  preprocessing: Preprocessing<K> & { readonly kind: K },
): Domain<K> {
  return { domain: name, modalities, preprocessing, channels: publishedTokenizerInputs[name]!.channels, patchSize };
}
