import { sequencesUpToEos, sequenceWithPrompt } from '../../../../src/decoding/given-sequences.js';
import {
  emptyImageTarget,
  emptySequenceTarget,
  fullEmbeddings,
  fullImage,
  unconditionalBatch,
} from '../../../../src/decoding/state.js';
import { InvalidInputError } from '../../../../src/errors.js';
import type { ModalityInfo } from '../../../../src/modalities/modality.js';
import type { ModalityBatch } from '../../../../src/transformer/batch.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import type { RunnerContext } from '../../../harness/runner.js';
import { caseModalities } from './models.js';
import { VOCABULARY } from './recorded-draws.js';
import { publishedTokenizer } from './vocabulary.js';

/** `gen.init`: what is input and what is open when a generation starts. */
export function initialState(reference: ConformanceCase, compare: Comparison, context: RunnerContext): void {
  const infos = caseModalities(reference);
  const size = reference.shape('in.full.caption_with_eos')[0]!;
  for (const [name, length] of reference.about.empty_target_args as [string, number][]) {
    compareState(reference, compare, `empty_target.${name}`, openState(infos[name]!, length, size, infos));
  }
  const ended = sequencesUpToEos(reference.ints('in.full.caption_with_eos'), size, VOCABULARY, 'official');
  const unended = sequencesUpToEos(reference.ints('in.full.caption_no_eos'), size, VOCABULARY, 'official');
  compareState(reference, compare, 'full_with_eos.caption', ended);
  compareState(reference, compare, 'full_no_eos.caption', unended);
  const without = unconditionalBatch({ size, modalities: { caption: ended } }, ['caption'], infos, VOCABULARY);
  compareState(reference, compare, 'emptied_seq.caption', without.modalities.caption!);

  const valid = reference.bytes('in.full.t5_mask_valid');
  const embeddings = fullEmbeddings(new Float32Array(valid.length), valid);
  compareState(reference, compare, 'full_t5.t5_caption', embeddings);
  compare.tensor(
    'out.full_t5.t5_caption.mask_valid',
    embeddings.inputMask.map((masked) => 1 - masked),
  );
  const picture = infos['rgb@224']!;
  compareState(reference, compare, 'full_rgb.rgb@224', fullImage(picture, size, { pixels: new Float32Array(0) }));

  const prompt = reference.about.custom_text as {
    input_text: string;
    eos_token: string;
    target_max_len: number;
    start_token: string;
  };
  const tokenizer = publishedTokenizer(context);
  const ids = {
    startId: tokenizer.encode(prompt.start_token)[0]!,
    endId: tokenizer.encode(prompt.eos_token)[0]!,
    padId: tokenizer.padId,
  };
  const continued = sequenceWithPrompt(tokenizer.encode(prompt.input_text), prompt.target_max_len, ids);
  compareState(reference, compare, 'custom_text.caption', continued);
}

/** A target of which nothing is known yet; in place of an embedding sequence, which is none, one without its input. */
function openState(
  info: ModalityInfo,
  length: number,
  size: number,
  infos: Readonly<Record<string, ModalityInfo>>,
): ModalityBatch {
  switch (info.kind) {
    case 'image-tokens':
      return emptyImageTarget(info, size);
    case 'sequence':
      return emptySequenceTarget(size, Math.max(length, 2), VOCABULARY);
    case 'sequence-embedding': {
      const places = size * Math.max(length, 2);
      const modalities = { [info.name]: fullEmbeddings(new Float32Array(places), new Uint8Array(places)) };
      return unconditionalBatch({ size, modalities }, [info.name], infos, VOCABULARY).modalities[info.name]!;
    }
    default:
      throw new InvalidInputError(`'${info.name}' is of kind ${info.kind} and cannot be a target`);
  }
}

/** Compares what the reference holds of a state. */
function compareState(reference: ConformanceCase, compare: Comparison, name: string, state: ModalityBatch): void {
  const arrays = {
    tensor: state.ids ?? state.embeddings,
    input_mask: state.inputMask,
    target_mask: state.targetMask,
    decoder_attention_mask: state.decoderAttentionMask,
  };
  for (const [key, values] of Object.entries(arrays)) {
    const result = `out.${name}.${key}`;
    if (values && reference.data.tensors.has(result)) compare.tensor(result, values);
  }
}
