import type { FlagName } from '../../harness/convert/flags.js';
import type { OwnVector } from './write.js';

/** Texts whose ids follow from the text of the specification alone: classes, coordinates, sentinels and [UNK]. */
export function texts(): Record<string, OwnVector> {
  return {
    text_normalised: encoded(
      'class names that have to be normalised',
      [
        ['ZEBRA', [ZEBRA]],
        ['Zébra', [ZEBRA]],
        ['ZE\u0301BRA', [ZEBRA]],
        ['ze\u0000bra', [ZEBRA]],
        ['\tAirplane\u00a0zebra\n', [AIRPLANE, ZEBRA]],
      ],
      ['TXT-8', 'TXT-9'],
      'text-normalisation',
    ),
    text_raw: encoded(
      'tokens that are found before normalisation',
      [
        ['v0=1', [205]],
        ['v0=12', [216]],
        ['v3=999 v1=0', [4203, 1204]],
        ['[PAD]zebra[EOS]', [0, ZEBRA, 3]],
        ['[S_1] zebra [S_199]', [5, ZEBRA, 203]],
      ],
      ['TXT-5', 'TXT-6'],
      'added-tokens',
    ),
    text_long_word: encoded(
      'a word of more than 100 characters',
      [
        [`zebra ${'x'.repeat(101)}`, [ZEBRA, 1]],
        ['é'.repeat(101), [1]],
      ],
      ['TXT-12'],
      'piece-greedy',
    ),
    text_joined: joined(),
  };
}

const [AIRPLANE, ZEBRA] = [4204, 4283];

function encoded(
  description: string,
  cases: readonly (readonly [text: string, ids: readonly number[]])[],
  requirements: readonly string[],
  flag: FlagName,
): OwnVector {
  return {
    kind: 'text.encode',
    description,
    tier: 'core',
    needs: ['vocabulary'],
    options: {},
    data: cases.map(([text, ids]) => ({ text, ids })),
    expected: { values: [{ results: '/*/ids' }] },
    requirements,
    flag,
  };
}

/** Ids of texts in which nothing is to be cleaned. */
function joined(): OwnVector {
  const cases = [
    { ids: [ZEBRA, 205, AIRPLANE], keep: 'zebra v0=1 airplane', skip: '' },
    { ids: [5, ZEBRA, 3], keep: '[S_1] zebra [EOS]', skip: '' },
    { ids: [], keep: '', skip: '' },
  ];
  return {
    kind: 'text.decode',
    description: 'ids of texts without punctuation',
    tier: 'core',
    needs: ['vocabulary'],
    options: {},
    data: cases,
    expected: { values: [{ results: '/*/keep' }, { results: '/*/skip' }] },
    checks: [
      { results: ['/*/keep'], requirements: ['TXT-13'], flags: ['decode-cleanup'] },
      { results: ['/*/skip'], requirements: ['TXT-13', 'TXT-15'], flags: ['decode-cleanup'] },
    ],
  };
}
