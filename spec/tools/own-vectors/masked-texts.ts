import { idsOf, vocabularyOf } from './vocabulary.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

/** Texts that are masked, and the prompt of a generation. */
export function maskedTexts(): Record<string, OwnVector> {
  return {
    sequence_text: cutTexts(),
    sequence_keep: keepProbability(),
    transfer_text: transferredTexts(),
    transfer_cut: transferredCut(),
    transfer_image: transferredImages(),
    prompt: prompt(),
  };
}

const [FIRST, SECOND, THIRD] = idsOf('[S_1] [S_2] [S_3]') as [number, number, number];
const FIELDS = ['tensor', 'input_mask', 'target_mask', 'decoder_attention_mask'];
const everything = { values: FIELDS.map((field) => ({ results: `/*/${field}` })) };

/** MSK-7: the input from 0, the target from another place. */
function layout(input: readonly number[], target: readonly number[], from: number, maxTokens: number) {
  const at = (list: readonly number[], start: number) =>
    Array.from({ length: 2 * (maxTokens + 1) }, (_, i) => list[i - start]);
  const [inputs, targets] = [at(input, 0), at(target, from)];
  return {
    tensor: inputs.map((id, i) => id ?? targets[i] ?? 0),
    input_mask: inputs.map((id) => Number(id === undefined)),
    target_mask: targets.map((id) => Number(id === undefined)),
    decoder_attention_mask: targets.map((id) => Number(id !== undefined)),
  };
}

/** A text of four ids, cut to each number of them, and with `[EOS]`. */
const TEXT = 'the red fox v0=1';
const CUT: readonly (readonly [maxTokens: number, left: string])[] = [
  [6, 'the red fox v0=1 [EOS]'],
  [5, 'the red fox v0=1 [EOS]'],
  [4, 'the red fox v0=1'],
  [3, 'the red fox'],
  [1, 'the'],
];

/** All is kept, and the target is cut to nothing, so that no sentinel is in the result. */
function cutTexts(): OwnVector {
  const data = CUT.map(([maxTokens, left]) => {
    const ids = idsOf(left);
    return {
      text: TEXT,
      ...{ max_tokens: maxTokens, input_budget: maxTokens, target_budget: 0, keep_prob_drawn: 1 },
      ...{ rand_draws: [ids.map(() => 0.5)], sentinel_choice: [[1, 0]] },
      ...layout(ids, [], maxTokens, maxTokens),
    };
  });
  return {
    kind: 'mask.sequence',
    description: 'a text that is kept, with and without room for [EOS]',
    tier: 'core',
    options: {},
    ...vocabularyOf('sequence_text'),
    data,
    expected: everything,
    requirements: ['MSK-8'],
    flag: 'sequence-cut',
  };
}

/** Draws on both sides of 0.9·p, 0.81·p and 0.729·p, to which p falls while all are kept and do not fit. */
function keepProbability(): OwnVector {
  const [offset, keep, budget, maxTokens] = [300, 0.8, 4, 5];
  const chunks = [10, 11, 12, 13, 14];
  const data = [1, 2, 3].map((rounds) => {
    const limit = keep * 0.9 ** rounds;
    const last = [0.01, -0.01, -0.02, 0.02, 0.01].map((beyond) => limit + beyond);
    const kept = [11, 12].map((id) => id + offset);
    const masked = [10, 13, 14].map((id) => id + offset);
    return {
      ...{ fn: 'sequence_token_mask', ids: chunks, vocab_offset: offset, max_tokens: maxTokens },
      ...{ input_budget: budget, target_budget: 20, keep_prob_drawn: keep },
      rand_draws: [...Array.from({ length: rounds }, () => chunks.map(() => 0.1)), last],
      sentinel_choice: 'n-1',
      ...layout(
        [FIRST, ...kept, SECOND],
        [FIRST, masked[0]!, SECOND, masked[1]!, masked[2]!, THIRD],
        ...([budget, maxTokens] as const),
      ),
    };
  });
  return {
    kind: 'mask.seqtoken_emb',
    description: 'draws beside what the keep probability becomes while the input is too long',
    tier: 'core',
    options: {},
    data,
    expected: everything,
    requirements: ['MSK-10'],
    flag: 'keep-probability',
  };
}

const TRANSFERRED = ['fox', 'the red'] as const;

/** Short texts, all of which are input or target. */
function transferredTexts(): OwnVector {
  const data = TRANSFERRED.flatMap((text) => {
    const ids = idsOf(`${text} [EOS]`);
    return [
      { fn: 'input_sequence', text, max_tokens: 4, ...layout(ids, [FIRST], 4, 4) },
      { fn: 'target_sequence', text, max_tokens: 4, ...layout([], [FIRST, ...ids, SECOND], 4, 4) },
    ];
  });
  return {
    ...{ kind: 'mask.transfer', description: 'texts that are all input or all target', tier: 'core', options: {} },
    ...vocabularyOf('transfer_text'),
    data,
    expected: everything,
    requirements: ['MSK-16'],
    flag: 'sequence-layout',
  };
}

function transferredCut(): OwnVector {
  const data = CUT.map(([maxTokens, left]) => ({
    ...{ fn: 'target_sequence', text: TEXT, max_tokens: maxTokens },
    ...layout([], [FIRST, ...idsOf(left), SECOND], maxTokens, maxTokens),
  }));
  return {
    ...{ kind: 'mask.transfer', description: 'a text that is all target, with and without room for [EOS]' },
    ...{ tier: 'core', options: {} },
    ...vocabularyOf('transfer_cut'),
    data,
    expected: everything,
    requirements: ['MSK-8', 'MSK-16'],
    flag: 'sequence-cut',
  };
}

function transferredImages(): OwnVector {
  const list = (value: number) => new Array<number>(5).fill(value);
  const data = [
    {
      ...{ fn: 'input_image', num_tokens: 5 },
      ...{ input_mask: list(0), target_mask: list(1), decoder_attention_mask: list(0) },
    },
    {
      ...{ fn: 'target_image', num_tokens: 5, input_mask: list(1), target_mask: list(0) },
      decoder_attention_mask: [5, 0, 0, 0, 0],
    },
  ];
  return {
    ...{ kind: 'mask.transfer', description: 'images that are all input or all target', tier: 'core', options: {} },
    ...vocabularyOf('transfer_image'),
    data,
    expected: { values: FIELDS.slice(1).map((field) => ({ results: `/*/${field}` })) },
    requirements: ['MSK-15'],
    flag: 'sequence-layout',
  };
}

/** The arrays of one sequence. @param inputs how many ids are input; the others are targets */
function state(name: string, ids: readonly number[], inputs: number, attention: readonly number[]) {
  const shape = [1, ids.length];
  const isInput = ids.map((_, i) => i < inputs);
  return [
    tensor(`${name}.tensor`, 'I32', shape, ids),
    tensor(
      `${name}.input_mask`,
      'U8',
      shape,
      isInput.map((is) => Number(!is)),
    ),
    tensor(`${name}.target_mask`, 'U8', shape, isInput.map(Number)),
    tensor(`${name}.decoder_attention_mask`, 'I32', shape, attention),
  ];
}

/** A prompt, and the target behind it; and a sequence that is emptied. */
function prompt(): OwnVector {
  const [ids, length] = [idsOf('the red fox [EOS]'), 5];
  const target = [FIRST, ...new Array<number>(length - 2).fill(0), ...idsOf('[EOS]')];
  const all = [...ids, ...target];
  const tensors = [
    tensor('in.full.caption_with_eos', 'I32', [1, 4], idsOf('fox [EOS] [PAD] [PAD]')),
    tensor('in.full.caption_no_eos', 'I32', [1, 2], idsOf('the fox')),
    tensor('in.full.t5_mask_valid', 'U8', [1, 2], [1, 0]),
    ...state(
      'out.custom_text.caption',
      all,
      ids.length,
      all.map(() => 0),
    ),
    ...state('out.emptied_seq.caption', [FIRST, FIRST, 0, SECOND], 1, [0, 1, 1, 1]),
  ];
  const custom = { input_text: 'the red fox [EOS]', eos_token: '[EOS]', target_max_len: length, start_token: '[S_1]' };
  return {
    kind: 'gen.init',
    description: 'a prompt and its target, and a sequence that is emptied',
    tier: 'generation',
    options: { custom_text: custom, empty_target_args: [] },
    ...vocabularyOf('prompt'),
    tensors,
    expected: { tensors: expectedOf(tensors) },
    checks: [
      { results: ['out.custom_text.*'], requirements: ['GEN-7'], flags: ['sequence-layout'] },
      { results: ['out.emptied_seq.*'], requirements: ['GEN-3', 'GDC-4'], flags: ['unconditional-inputs'] },
    ],
  };
}
