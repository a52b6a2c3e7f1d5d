/** Token, position and modality embeddings. (`encoder_embeddings` and `decoder_embeddings` officially.) */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { normal } from '../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../nn/linear.js';
import { packedRows } from '../nn/packed/packed-matrix.js';
import type { Parameter, ParameterList } from '../nn/parameters.js';
import { gridPositions, sequencePositions } from '../nn/positions.js';
import { type ModalityBatch, patchCount, patchGrid } from './batch.js';
import { gatherPatches } from './gather-patches.js';
import type { GatheredTokens } from './selection.js';

/** Rows of every sine-cosine table of sequence positions, for all modalities. */
const SEQUENCE_POSITIONS = 512;

/** `padding_idx` of the published sequence embeddings. */
const PAD_ID = 0;

/** Standard deviation of the initial embeddings. */
const INIT_STD = 0.02;

/** Position and modality embeddings, added to every token of a modality. */
interface ModalityEmbedding {
  readonly info: ModalityInfo;
  /** Table of position embeddings, [1, P, D]. */
  readonly positions: Parameter;
  /** [1, 1, D] */
  readonly modality: Parameter;
}

/** Embedding of an input modality: token ids are looked up in a table; pixels and vectors are projected. */
export interface InputEmbedding extends ModalityEmbedding {
  /** [V, D] */
  readonly tokens?: Parameter;
  readonly projection?: Linear;
}

/** Embedding of a target modality, and its output head. */
export interface TargetEmbedding extends ModalityEmbedding {
  /** [V, D]. Published for image modalities too, but unused there: the decoder gets the mask token instead. */
  readonly tokens: Parameter;
  /** Output head: projection to the vocabulary, [V, D]. */
  readonly logits: Linear;
}

export function buildInputEmbedding(list: ParameterList, info: ModalityInfo, width: number): InputEmbedding {
  const embedding = buildModalityEmbedding(list, info, width);
  switch (info.kind) {
    case 'pixels': {
      const [height, columns] = info.patchSize!;
      return {
        ...embedding,
        projection: buildLinear(list.scope('proj'), info.channels! * height * columns, width, false),
      };
    }
    case 'sequence-embedding':
      return { ...embedding, projection: buildLinear(list.scope('emb_proj'), info.embeddingDim!, width) };
    default:
      return { ...embedding, tokens: buildTokens(list, info, width) };
  }
}

/**
 * @param shared the encoder's modality embedding, if the decoder shares it
 * @throws InvalidInputError for a kind that is input only
 */
export function buildTargetEmbedding(
  list: ParameterList,
  info: ModalityInfo,
  width: number,
  shared?: Parameter,
): TargetEmbedding {
  if (info.kind === 'pixels' || info.kind === 'sequence-embedding') {
    throw new InvalidInputError(`'${info.name}' cannot be predicted: a modality of kind ${info.kind} is input only`);
  }
  return {
    ...buildModalityEmbedding(list, info, width, shared),
    tokens: buildTokens(list, info, width, info.kind === 'sequence'),
    logits: buildLinear(list.scope('to_logits'), width, info.vocabSize!, false),
  };
}

function buildModalityEmbedding(
  list: ParameterList,
  info: ModalityInfo,
  width: number,
  shared?: Parameter,
): ModalityEmbedding {
  const modality = shared
    ? list.share('mod_emb', shared)
    : list.add('mod_emb', [1, 1, width], { init: normal(INIT_STD) });
  return { info, modality, positions: buildPositions(list, info, width) };
}

function buildPositions(list: ParameterList, info: ModalityInfo, width: number): Parameter {
  const isSequence = info.kind === 'sequence' || info.kind === 'sequence-embedding';
  if (info.learnedPositions) {
    const rows = isSequence ? (info.maxLength ?? info.maxTokens) : patchCount(info);
    return list.add('pos_emb', [1, rows, width], { init: normal(INIT_STD) });
  }
  if (isSequence) {
    return list.add('pos_emb', [1, SEQUENCE_POSITIONS, width], {
      init: (values) => values.set(sequencePositions(SEQUENCE_POSITIONS, width)),
      trainable: false,
    });
  }
  const [h, w] = patchGrid(info);
  return list.add('pos_emb', [1, h * w, width], {
    init: (values) => values.set(gridPositions(h, w, width)),
    trainable: false,
  });
}

function buildTokens(list: ParameterList, info: ModalityInfo, width: number, trainable = true): Parameter {
  return list.add('token_emb.weight', [info.vocabSize!, width], {
    init: normal(INIT_STD),
    packable: true,
    trainable,
  });
}

/** Token embeddings of the gathered tokens, [R, D]. */
export function embedInputTokens(p: InputEmbedding, modality: ModalityBatch, gathered: GatheredTokens): tf.Tensor2D {
  if (p.tokens) return gatherTokenEmbeddings(p.info, p.tokens, modality.ids!, gathered.tokenIndices);
  if (p.info.kind === 'pixels')
    return linear(p.projection!, gatherPatches(p.info, modality.pixels!, gathered.tokenIndices));
  const { embeddingDim } = p.info;
  const rows = new Float32Array(gathered.tokenIndices.length * embeddingDim!);
  gathered.tokenIndices.forEach((index, row) => {
    rows.set(modality.embeddings!.subarray(index * embeddingDim!, (index + 1) * embeddingDim!), row * embeddingDim!);
  });
  return linear(p.projection!, tf.tensor2d(rows, [gathered.tokenIndices.length, embeddingDim!]));
}

/** Decoder input of the targets: the mask token for images, the previous token for sequences. [R, D] or [1, D] */
export function embedTargetTokens(
  p: TargetEmbedding,
  maskToken: Parameter,
  modality: Pick<ModalityBatch, 'ids'>,
  tokenIndices: Int32Array,
): tf.Tensor2D {
  return p.info.kind === 'sequence'
    ? gatherTokenEmbeddings(p.info, p.tokens, modality.ids!, tokenIndices)
    : withoutLeadingOnes(maskToken);
}

/** Position plus modality embeddings, [R, D]. @throws InvalidInputError for a position beyond the table */
export function embedPositions(p: ModalityEmbedding, positions: Int32Array): tf.Tensor2D {
  const rows = p.positions.shape[1]!;
  const beyond = positions.find((position) => position >= rows);
  if (beyond !== undefined) {
    throw new InvalidInputError(`'${p.info.name}' has a token at position ${beyond}, but only ${rows} positions`);
  }
  return tf.add(gatherRows(p.positions, positions), withoutLeadingOnes(p.modality));
}

/** Logits of a target modality. @param x decoder output, [..., D] @returns [..., V] */
export function targetLogits<T extends tf.Tensor>(p: TargetEmbedding, x: T): T {
  return linear(p.logits, x);
}

/**
 * Looks up token embeddings, [R, D]. In sequences, the row of [PAD] gets no gradient.
 *
 * @throws InvalidInputError for an id outside the vocabulary, which backends do not check
 */
function gatherTokenEmbeddings(
  info: ModalityInfo,
  table: Parameter,
  ids: Int32Array,
  tokenIndices: Int32Array,
): tf.Tensor2D {
  const gathered = tokenIndices.map((index) => ids[index]!);
  const wrong = gathered.find((id) => id < 0 || id >= info.vocabSize!);
  if (wrong !== undefined) {
    throw new InvalidInputError(
      `'${info.name}' has the token id ${wrong}, but ids go from 0 to ${info.vocabSize! - 1}`,
    );
  }
  const rows = gatherRows(table, gathered);
  if (info.kind !== 'sequence' || !gathered.includes(PAD_ID)) return rows;
  const trained = Float32Array.from(gathered, (id) => (id === PAD_ID ? 0 : 1));
  const withoutPadding = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor2D) => tf.mul(dy, tf.tensor2d(trained, [trained.length, 1])),
  }));
  return withoutPadding(rows);
}

/** Rows of a table of vectors, [R, D]. */
function gatherRows(table: Parameter, rows: Int32Array): tf.Tensor2D {
  const indices = tf.tensor1d(rows, 'int32');
  return table.dtype === 'f32' ? tf.gather(withoutLeadingOnes(table), indices) : packedRows(table.packed, indices);
}

/** Removes the leading ones of a published shape: [1, P, D] to [P, D]. */
function withoutLeadingOnes(parameter: Parameter): tf.Tensor2D {
  const width = parameter.shape.at(-1)!;
  return tf.reshape(parameter.value, [parameter.size / width, width]);
}
