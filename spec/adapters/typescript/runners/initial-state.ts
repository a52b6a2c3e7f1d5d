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
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { caseModalities } from './models.js';
import { VOCABULARY } from './recorded-draws.js';
import { tokenizerOf } from './vocabulary.js';

/** `gen.init`: the inputs and the masked tokens at the start of a generation. */
export function initialState(task: Inputs, out: Outputs): void {
  const infos = caseModalities(task);
  const size = task.shape('in.full.caption_with_eos')[0]!;
  for (const [name, length] of task.options.empty_target_args as [string, number][]) {
    giveState(out, `empty_target.${name}`, openState(infos[name]!, length, size, infos), size);
  }
  const ended = sequencesUpToEos(task.ints('in.full.caption_with_eos'), size, VOCABULARY, 'official');
  const unended = sequencesUpToEos(task.ints('in.full.caption_no_eos'), size, VOCABULARY, 'official');
  giveState(out, 'full_with_eos.caption', ended, size);
  giveState(out, 'full_no_eos.caption', unended, size);
  const without = unconditionalBatch({ size, modalities: { caption: ended } }, ['caption'], infos, VOCABULARY);
  giveState(out, 'emptied_seq.caption', without.modalities.caption!, size);

  const valid = task.bytes('in.full.t5_mask_valid');
  const embeddings = fullEmbeddings(new Float32Array(valid.length), valid);
  giveState(out, 'full_t5.t5_caption', embeddings, size);
  const unmasked = embeddings.inputMask.map((masked) => 1 - masked);
  out.tensor('out.full_t5.t5_caption.mask_valid', unmasked, task.shape('in.full.t5_mask_valid'));
  const picture = infos['rgb@224']!;
  giveState(out, 'full_rgb.rgb@224', fullImage(picture, size, { pixels: new Float32Array(0) }), size);

  const prompt = task.options.custom_text as {
    input_text: string;
    eos_token: string;
    target_max_len: number;
    start_token: string;
  };
  const tokenizer = tokenizerOf(task);
  const ids = {
    startId: tokenizer.encode(prompt.start_token)[0]!,
    endId: tokenizer.encode(prompt.eos_token)[0]!,
    padId: tokenizer.padId,
  };
  const continued = sequenceWithPrompt(tokenizer.encode(prompt.input_text), prompt.target_max_len, ids);
  giveState(out, 'custom_text.caption', continued, 1);
}

/** An empty target. Embedding sequences cannot be targets: one without its input takes their place. */
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
      const count = size * Math.max(length, 2);
      const modalities = { [info.name]: fullEmbeddings(new Float32Array(count), new Uint8Array(count)) };
      return unconditionalBatch({ size, modalities }, [info.name], infos, VOCABULARY).modalities[info.name]!;
    }
    default:
      throw new InvalidInputError(`'${info.name}' is of kind ${info.kind} and cannot be a target`);
  }
}

/** Adds the tensors of a state, [B, N]. */
function giveState(out: Outputs, name: string, state: ModalityBatch, size: number): void {
  const arrays = {
    tensor: state.ids ?? state.embeddings,
    input_mask: state.inputMask,
    target_mask: state.targetMask,
    decoder_attention_mask: state.decoderAttentionMask,
  };
  for (const [key, values] of Object.entries(arrays)) {
    if (values) out.tensor(`out.${name}.${key}`, values, [size, values.length / size]);
  }
}
