/** Cases of masking, texts, and values as texts. */
import { InvalidInputError } from '../../../src/errors.js';
import { pointersOf, resolvePointer } from '../json-pointer.js';
import type { Draft } from './draft.js';
import { EXACT, type Rules } from './rules.js';

export const textRules: Rules = {
  'ckpt.metadata': (draft) => {
    draft.entries('/*', ['raw'], { parsed: EXACT, error: EXACT });
    draft.values.length = 0;
    for (const { pointer, value } of pointersOf(draft.source.data, '/*/error')) {
      if (typeof value === 'string')
        draft.expect(pointer, EXACT, { as: pointer.replace('error', 'parsed'), rejection: 'required' });
    }
    for (const { pointer, value } of pointersOf(draft.source.data, '/*/parsed')) {
      if (value !== 'SAME AS RAW') continue;
      const raw = resolvePointer(draft.source.data, pointer.replace('parsed', 'raw'));
      const text = typeof raw === 'string' ? raw : repeated(raw as { repeat: string; times: number });
      draft.expect(pointer, EXACT, { value: text });
    }
    draft.expect('/*/parsed');
  },
  'mask.budget': (draft) => {
    const what = String(draft.source.about.what);
    const [, order, maxTokens, fewest] = /in order ([^;]+); max tokens ([\d,]+); min ([\d,]+)/.exec(what) ?? [];
    if (!order || !maxTokens || !fewest) {
      throw new InvalidInputError(`${draft.source.name} does not name the modalities that share: "${what}"`);
    }
    const [caps, minimums] = [maxTokens, fewest].map((list) => list.split(',').filter(Boolean).map(Number)) as [
      number[],
      number[],
    ];
    draft.options.modalities = order.split(',').map((name, m) => ({
      modality: name.trim(),
      min_tokens: minimums[minimums.length > 1 ? m : 0],
      max_tokens: caps[m],
    }));
    const given = ['num_input_tokens', 'num_target_tokens', 'input_draws', 'target_draws', 'dir_idx'];
    draft.entries('/*', given, { input_budget: EXACT, target_budget: EXACT });
  },
  'mask.decoder_attention': (draft) => {
    draft.options.expansions = Object.keys(draft.tensors).flatMap((result) => {
      const [, index, causal, separate] = /^out\.(\d+)\.causal(\d)_sep(\d)$/.exec(result) ?? [];
      if (index === undefined) return [];
      const names = { mask: `in.${index}.decoder_attention_mask`, modalities: `in.${index}.mod_mask` };
      return [{ result, ...names, causal: causal === '1', separate: separate === '1' }];
    });
  },
  'mask.image': (draft) => {
    draft.take('calls');
  },
  'mask.merge': (draft) => {
    draft.entries('/*', ['input', 'decoder'], { merged: EXACT, splits: EXACT });
  },
  'mask.span': (draft) => {
    const given = ['fn', 'sequence', 'chunks', 'rand', 'keep_prob'];
    draft.entries('/*', given, { input: EXACT, target: EXACT, merged_back: EXACT });
  },
  'mask.sequence': (draft) => {
    draft.needsVocabulary = true;
    maskedSequences(draft, ['text']);
  },
  'mask.seqtoken_emb': (draft) => maskedSequences(draft, ['fn', 'ids', 'vocab_offset', 'emb']),
  'mask.transfer': (draft) => {
    draft.needsVocabulary = true;
    draft.entries('/*', ['fn', 'text', 'max_tokens', 'num_tokens'], MASKED);
  },
  'text.encode': (draft) => {
    draft.needsVocabulary = true;
    const results = { ids: EXACT, tokens: EXACT, decoded_keep_special: EXACT, decoded_skip_special: EXACT };
    draft.entries('/*', ['text'], results);
  },
  'text.decode': (draft) => {
    draft.needsVocabulary = true;
    draft.entries('/*', ['ids'], { keep: EXACT, skip: EXACT });
  },
  'text.special_ids': (draft) => {
    draft.needsVocabulary = true;
    const data = draft.source.data as Record<string, object>;
    draft.options.names = {
      coordinate_axes: Object.keys(data.coordinate_tokens ?? {}),
      object_classes: Object.keys(data.object_class_tokens ?? {}),
      words: Object.keys(data.words ?? {}),
    };
    const results = ['vocab_size', 'n_added_tokens', 'pad', 'unk', 'sos', 'eos', 'sentinel_number_to_id'];
    const asked = [...results, 'coordinate_tokens', 'object_class_tokens', 'words'];
    draft.entries('', ['added_token_flags'], Object.fromEntries(asked.map((field) => [field, EXACT])));
  },
  'trans.decode_text': (draft) => {
    draft.needsVocabulary = true;
    const results = { input_text: EXACT, target_text: EXACT, merged_text: EXACT };
    draft.entries('/*', ['tensor', 'input_mask', 'target_mask'], results);
  },
  'trans.det': (draft) => {
    const given = ['instances', 'crop_coords_top_left_h_w', 'orig_size_h_w', 'flip', 'bbox_order', 'det_max_instances'];
    const build = [...given, 'min_visibility', 'det_threshold', 'coord_bins'];
    draft.entries('/build/*', build, { after_augment: 'default', string: EXACT });
    draft.entries('/parse/*', ['string'], { boxes: 'default' });
  },
  'trans.hash': (draft) => {
    draft.options.names = Object.keys(draft.source.data as object);
    draft.expect('/*');
  },
  'trans.image': (draft) => {
    const { floats } = draft.field<{ floats: { rtol: number; atol: number } }>('tolerance');
    draft.hold(/./, undefined);
    for (const [name, entry] of Object.entries(draft.tensors)) {
      if (/^F/.test(entry.dtype)) draft.tensors[name] = { ...entry, tolerance: draft.within(floats.atol, floats.rtol) };
    }
    draft.take('calls');
    const augmenters = draft.field<Record<string, unknown>[]>('augmenters');
    draft.options.augmenters = augmenters.map(({ size_w_h }) => ({ size_w_h }));
    augmenters.forEach(({ size_w_h: _, ...expected }, i) => {
      draft.expect(`/augmenters/${i}`, EXACT, { value: expected });
    });
  },
  'trans.metadata': (draft) => {
    const tables = ['id_map', 'min_max_bins', 'manual_bins', 'image_dim_bin_size'];
    const results = Object.fromEntries(tables.map((field) => [field, EXACT]));
    const unordered = draft.tolerance({ form: 'unordered' });
    draft.entries('', ['build', 'decode'], { ...results, int_modalities: EXACT, image_dim_modalities: unordered });
    draft.entries('/build/*', ['metadata'], { string: EXACT, chunks: EXACT });
    draft.entries('/decode/*', ['string'], { decoded: 'default' });
    pointersOf(draft.source.data, '/decode/*/decoded').forEach(({ pointer, value }) => {
      draft.expect(pointer.replace(/decoded$/, 'order'), EXACT, { value: Object.keys(value as object) });
    });
  },
  'trans.modality_info': modalityRegistry,
  'trans.palette': (draft) => {
    const results = { flat: EXACT, string: EXACT, image_shape: EXACT, image_colors: EXACT };
    draft.entries('/*', ['palette', 'length_drawn'], results);
  },
  'trans.pose': (draft) => {
    const given = ['instances', 'orig_size_h_w', 'crop_coords_top_left_h_w', 'component_permutation', 'note'];
    draft.entries('', [], { build: EXACT, parse: EXACT, empty: EXACT });
    draft.values.length = 0;
    draft.entries('/build/*', given, { after_crop: 'default', string: EXACT });
    draft.entries('/parse/*', ['string'], { instances: 'default' });
    // Without people, the reference has zeros in place of a pose, and this is their sum.
    draft.entries('/empty', ['empty_only_pose_sum'], { empty_instances_string: EXACT });
  },
  'trans.posemb': positions,
  'trans.sam': (draft) => {
    draft.entries('', ['grid_points_per_side', 'build', 'parse'], { grid_query_points_xy: EXACT });
    // Picture size of the grid of query points in the reference's example.
    draft.options.grid_image_size = 224;
    const build = ['polygons_xy', 'token_ids', 'bbox_ymin_xmin_ymax_xmax', 'query_points_xy'];
    draft.entries('/build/*', build, { hits_per_query: EXACT, string: EXACT });
    draft.entries('/parse/*', ['string'], { tokens: EXACT, bboxes: EXACT, no_valid_instance: EXACT });
  },
};

function repeated({ repeat, times }: { repeat: string; times: number }): string {
  return repeat.repeat(times);
}

const MASKED = { tensor: EXACT, input_mask: EXACT, target_mask: EXACT, decoder_attention_mask: EXACT };

/** Span masking. Where the reference fails, the input must be rejected. */
function maskedSequences(draft: Draft, inputs: readonly string[]): void {
  const given = ['max_tokens', 'input_budget', 'target_budget', 'keep_prob_drawn', 'rand_draws', 'sentinel_choice'];
  for (const { pointer } of pointersOf(draft.source.data, '/*/error')) {
    draft.expect(pointer, EXACT, { as: pointer.replace(/error$/, 'tensor'), rejection: 'required' });
  }
  draft.entries('/*', [...given, ...inputs], { ...MASKED, error: EXACT });
  draft.values.splice(
    draft.values.findIndex(({ results }) => results === '/*/error'),
    1,
  );
}

/** Fields of the registry about training data, or about single embeddings. */
const OF_TRAINING_DATA = ['min_tokens', 'path', 'pretokenized', 'encoder_embedding', 'decoder_embedding'];

function modalityRegistry(draft: Draft): void {
  const data = draft.source.data as Record<string, Record<string, unknown>>;
  draft.options.names = Object.keys(data);
  const known = ['id', 'type', 'vocab_size', 'shared_vocab', 'input_size', 'patch_size', 'max_tokens', 'num_channels'];
  for (const [name, entry] of Object.entries(data)) {
    const place = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isModality = Boolean(entry.encoder_embedding);
    for (const [field, value] of Object.entries(entry)) {
      if (OF_TRAINING_DATA.includes(field)) continue;
      // Modalities that only a tokenizer reads have neither a kind nor a number of tokens.
      if (!isModality && (field === 'type' || field === 'max_tokens')) continue;
      if (![...known, 'num_labels'].includes(field)) {
        throw new InvalidInputError(`${draft.source.name}: ${place}/${field} is not known`);
      }
      // None in the reference if it depends on the image size.
      if (field === 'max_tokens' && value === null) continue;
      draft.expect(`${place}/${field}`);
    }
    if (!isModality) continue;
    for (const embedding of ['encoder_embedding', 'decoder_embedding']) {
      const described = entry[embedding] as { args: object } | null | undefined;
      if (described === null) draft.expect(`${place}/${embedding}`);
      else if (described) {
        draft.expect(`${place}/${embedding}/kind`).expect(`${place}/${embedding}/args/*`);
      }
    }
  }
}

function positions(draft: Draft): void {
  draft.options.tables = Object.keys(draft.tensors).flatMap((result): object[] => {
    const name = result.slice('out.'.length);
    const [table = '', ...numbers] = name.split(/[._](?=[hw]?\d)|(?<=\d)x(?=\d)/);
    const [first, second, third] = numbers.map((part) => Number(part.replace(/^[hw]/, '')));
    switch (table) {
      case 'sincos1d':
        return [{ table, result, count: first, width: second }];
      case 'sincos2d':
      case 'vit_sincos2d':
        return [{ table, result, height: first, width: second, channels: third }];
      case 'bicubic':
      case 'nearest':
        return [{ table, result, input: 'in.grid', height: first, width: second }];
      case 'rgb_pos_emb':
        return [{ table: 'tokens_bicubic', result, input: 'in.rgb_pos_emb', height: first, width: second }];
      default:
        return [];
    }
  });
}
