import { idsOf, vocabularyOf } from './vocabulary.js';
import type { OwnVector } from './write.js';

/** Masked sequences put together again, and as text. */
export function merging(): Record<string, OwnVector> {
  return { merge_order: mergeOrder(), masked_text: maskedText() };
}

/** `[S_1]` to `[S_4]`. */
const [FIRST, SECOND, THIRD, FOURTH] = [5, 6, 7, 8];

/** Groups in another order than their sentinels in the input, of a sentinel that comes again, and of one that the input lacks. */
function mergeOrder(): OwnVector {
  const data = [
    {
      input: [FIRST, 300, SECOND, 301],
      decoder: [SECOND, 401, 402, FIRST, 400, THIRD],
      merged: [400, 300, 401, 402, 301],
      splits: { [FIRST]: [400], [SECOND]: [401, 402] },
    },
    {
      input: [THIRD, SECOND, FIRST],
      decoder: [FIRST, 400, SECOND, 401, THIRD, 402],
      merged: [402, 401, 400],
      splits: { [FIRST]: [400], [SECOND]: [401], [THIRD]: [402] },
    },
    {
      input: [FIRST, 300, SECOND],
      decoder: [FOURTH, 403, SECOND, 401, FOURTH, 404, SECOND, 402],
      merged: [300, 401, 402],
      splits: { [FOURTH]: [403, 404], [SECOND]: [401, 402] },
    },
  ];
  return {
    kind: 'mask.merge',
    description:
      'groups in another order than the sentinels of the input, repeated ones, and ones that the input lacks',
    tier: 'core',
    options: {},
    data,
    expected: { values: [{ results: '/*/merged' }, { results: '/*/splits' }] },
    requirements: ['MSK-17'],
    flag: 'merge-sentinels',
  };
}

const [AIRPLANE, ZEBRA, COORDINATE] = idsOf('airplane zebra v0=1') as [number, number, number];

/** Samples whose groups are in the order of the input: of one sample a text, of several a list. */
function maskedText(): OwnVector {
  const samples = [
    {
      input: [FIRST, ZEBRA, SECOND],
      target: [FIRST, AIRPLANE, SECOND, COORDINATE, THIRD],
      input_text: '[S_1] zebra [S_2]',
      target_text: '[S_1] airplane [S_2] v0=1 [S_3]',
      merged_text: 'airplane zebra v0=1',
    },
    {
      input: [ZEBRA, FIRST],
      target: [FIRST, COORDINATE, ZEBRA, SECOND],
      input_text: 'zebra [S_1]',
      target_text: '[S_1] v0=1 zebra [S_2]',
      merged_text: 'zebra v0=1 zebra',
    },
  ] as const;
  const fields = ['input_text', 'target_text', 'merged_text'] as const;
  const data = [samples.slice(0, 1), samples].map((batch) => ({
    tensor: batch.map(({ input, target }) => padded([...input, ...target], 0)),
    input_mask: batch.map(({ input }) => padded([...input].fill(0), 1)),
    target_mask: batch.map(({ input, target }) => padded([...[...input].fill(1), ...[...target].fill(0)], 1)),
    ...Object.fromEntries(
      fields.map((field) => {
        const texts = batch.map((sample) => sample[field]);
        return [field, texts.length === 1 ? texts[0] : texts];
      }),
    ),
  }));
  return {
    kind: 'trans.decode_text',
    description: 'inputs, targets and both together as text, with groups in the order of the input',
    tier: 'core',
    ...vocabularyOf('masked_text'),
    options: {},
    data,
    expected: { values: fields.map((field) => ({ results: `/*/${field}` })) },
    requirements: ['MSK-18'],
    flag: 'decode-cleanup',
  };
}

const LENGTH = 10;

function padded(list: readonly number[], padding: number): number[] {
  return Array.from({ length: LENGTH }, (_, i) => list[i] ?? padding);
}
