import type { FlagName } from '../../harness/convert/flags.js';
import {
  ADDED_TOKENS,
  AXES,
  CLASS_NAMES,
  idsOf,
  SENTINELS,
  VOCABULARY_SIZE,
  vocabularyFile,
  vocabularyOf,
} from './vocabulary.js';
import { type OwnVector, rejected } from './write.js';

type Case = readonly [text: string, tokens: string | readonly string[]];

/** Texts whose tokens follow from the text of the specification and the kit's vocabulary. */
export function texts(): Record<string, OwnVector> {
  const vectors: Record<string, Omit<OwnVector, 'files'>> = {
    text_special_ids: specialIds(),
    text_raw: encoded('added-tokens', ['TXT-5', 'TXT-6'], 'tokens that are found before normalisation', [
      ['v0=1', 'v0=1'],
      ['v0=12', 'v0=12'],
      ['v3=999 v1=0', 'v3=999 v1=0'],
      ['[PAD]zebra[EOS]', '[PAD] zebra [EOS]'],
      ['[S_1] zebra [S_199]', '[S_1] zebra [S_199]'],
    ]),
    text_upper_case: encoded('added-tokens', ['TXT-5'], 'what would be an added token in lower case', [
      ['V0=1', 'v ##0 = 1'],
      ['V0=1 v0=1', 'v ##0 = 1 v0=1'],
    ]),
    text_longest: encoded('added-tokens', ['TXT-6'], 'added tokens that begin with another one', [
      ['v0=12 v0=1', 'v0=12 v0=1'],
      ['[S_12][S_1]', '[S_12] [S_1]'],
      ['hot dog dog', ['hot dog', 'dog']],
      ['wine glass', ['wine glass']],
    ]),
    text_single_word: encoded('added-tokens', ['TXT-7'], 'added tokens that touch a word', [
      ['zebras', 'zebra ##s'],
      ['hot dogs', 'hot dog ##s'],
      ['v0=12x', 'v ##0 = 1 ##2 ##x'],
      ['_v0=1', '_ v ##0 = 1'],
      ['x[EOS]x', 'x [EOS] x'],
      ['zebra[PAD]s', 'zebra [PAD] s'],
      // Each touches the other.
      ['v0=1v1=0', 'v ##0 = [UNK] = 0'],
    ]),
    text_normalised: encoded('text-normalisation', ['TXT-8', 'TXT-9'], 'class names that have to be normalised', [
      ['ZEBRA', 'zebra'],
      ['Zébra', 'zebra'],
      ['ZE\u0301BRA', 'zebra'],
      ['ze\u0000bra', 'zebra'],
      ['\tAirplane\u00a0zebra\n', 'airplane zebra'],
    ]),
    text_case: encoded('text-normalisation', ['TXT-8'], 'words of capital letters and with accents', [
      ['FOX The Red', 'fox the red'],
      ['ΣΑΣ σας', 'σασ σας'],
      ['Über CAFE\u0301', 'uber cafe'],
      ['İT', 'it'],
      ['й', 'и'],
    ]),
    text_classes: encoded('added-tokens', ['TXT-9'], 'class names of two words', [
      ['hot dog', ['hot dog']],
      ['hot\u00a0dog', ['hot dog']],
      ['hot  dog', 'hot dog'],
      ['hot-dog', 'hot - dog'],
    ]),
    text_characters: encoded('text-normalisation', ['TXT-17', 'TXT-18'], 'characters of each of the sets', [
      ['fo\u00adx fo\u200bx\ufffd', 'fox fox'],
      ['fox中国red', 'fox 中 国 red'],
      ['\u{2b820}\u{2b820}', '\u{2b820} ##\u{2b820}'],
      ['fox\u2028red\u3000the', 'fox red the'],
      ['fox、red', 'fox 、 red'],
    ]),
    text_words: encoded('piece-greedy', ['TXT-10'], 'words beside punctuation', [
      ['red-fox', 'red - fox'],
      ["it's(red)", "it ' s ( red )"],
      ['the_fox...', 'the _ fox . . .'],
      ['a=b', 'a = b'],
    ]),
    text_pieces: encoded('piece-greedy', ['TXT-11'], 'words of several pieces, and ones that cannot be split', [
      ['walking', 'walk ##ing'],
      ['unable', 'una ##ble'],
      // ab and ##cd would do, but abc is longer.
      ['abcd', '[UNK]'],
      ['foxx redy the', 'fox ##x [UNK] the'],
    ]),
    text_long_word: encoded('piece-greedy', ['TXT-12'], 'words of 100 characters and more', [
      [`zebra ${'x'.repeat(101)}`, 'zebra [UNK]'],
      ['é'.repeat(101), '[UNK]'],
      ['x'.repeat(100), ['x', ...new Array<string>(99).fill('##x')]],
      ['é'.repeat(100), ['e', ...new Array<string>(99).fill('##e')]],
    ]),
    text_joined: decoded('ids of texts without punctuation', {
      keep: ['TXT-13'],
      skip: ['TXT-13', 'TXT-15'],
      cases: [
        ['zebra v0=1 airplane', 'zebra v0=1 airplane', ''],
        ['[S_1] zebra [EOS]', '[S_1] zebra [EOS]', ''],
        ['', '', ''],
      ],
    }),
    text_pieces_joined: decoded('ids of pieces of words', {
      keep: ['TXT-13'],
      skip: ['TXT-13'],
      cases: [
        ['walk ##ing fox', 'walking fox', 'walking fox'],
        ['##ing fox', '##ing fox', '##ing fox'],
        ['una ##ble ##s', 'unables', 'unables'],
      ],
    }),
    text_skipped: decoded('special tokens among words', {
      skip: ['TXT-15'],
      cases: [
        ['[SOS] fox [EOS]', '', 'fox'],
        ['[S_1] red v0=1 zebra fox', '', 'red fox'],
        ['[UNK] the [PAD] [PAD]', '', 'the'],
      ],
    }),
    text_cleaned: decoded('ids of punctuation and contractions', {
      keep: ['TXT-14'],
      skip: ['TXT-14'],
      cases: [
        ['fox . red ? the ! it , do', 'fox. red? the! it, do', 'fox. red? the! it, do'],
        [". fox ' s", ". fox ' s", ". fox ' s"],
        [['fox', "' x"], "fox'x", "fox'x"],
        [['do', "n't", 'it', "'m", "'s", "'ve", "'re"], "don't it'm's've're", "don't it'm's've're"],
        // Two tokens, one, and the first one, which has no space before it.
        ['it do not', 'it do not', 'it do not'],
        [['it', 'do not'], "it don't", "it don't"],
        [['do not', 'it'], 'do not it', 'do not it'],
      ],
    }),
    text_ids_outside: {
      ...{ kind: 'text.decode', description: 'ids that are not in the vocabulary', tier: 'core', options: {} },
      data: [[30000], [-1], [4300, 30001, 4301]].map((ids) => ({ ids })),
      expected: { values: [0, 1, 2].flatMap((i) => [rejected(`/${i}/keep`), rejected(`/${i}/skip`)]) },
      requirements: ['TXT-16'],
      flag: 'invalid-accepted',
    },
  };
  return Object.fromEntries(
    Object.entries(vectors).map(([name, vector]) => [name, { ...vector, ...vocabularyOf(name) }]),
  );
}

function encoded(
  flag: FlagName,
  requirements: readonly string[],
  description: string,
  cases: readonly Case[],
): OwnVector {
  return {
    kind: 'text.encode',
    description,
    tier: 'core',
    options: {},
    data: cases.map(([text, tokens]) => ({ text, ids: idsOf(tokens) })),
    expected: { values: [{ results: '/*/ids' }] },
    requirements,
    flag,
  };
}

interface Decoded {
  /** Requirements that the texts with special tokens check, and those without; a text that checks none is not asked for. */
  readonly keep?: readonly string[];
  readonly skip?: readonly string[];
  readonly cases: readonly (readonly [tokens: Case[1], keep: string, skip: string])[];
}

function decoded(description: string, { keep, skip, cases }: Decoded): OwnVector {
  const fields = Object.entries({ keep, skip }).flatMap(([field, requirements]) =>
    requirements ? [{ results: `/*/${field}`, requirements }] : [],
  );
  const isAsked = (field: string) => fields.some(({ results }) => results.endsWith(field));
  return {
    kind: 'text.decode',
    description,
    tier: 'core',
    options: {},
    data: cases.map(([tokens, keep, skip]) => ({
      ...{ ids: idsOf(tokens) },
      ...(isAsked('keep') && { keep }),
      ...(isAsked('skip') && { skip }),
    })),
    expected: { values: fields.map(({ results }) => ({ results })) },
    checks: fields.map(({ results, requirements }) => ({
      ...{ results: [results], requirements, flags: ['decode-cleanup'] },
    })),
  };
}

/** The ids of all added tokens, and of some pieces. */
function specialIds(): OwnVector {
  const ids = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token) => [token, idsOf([token])[0]]));
  const words = ['fox', 'the', '##ing', '##s', '.'];
  const data = {
    vocab_size: VOCABULARY_SIZE,
    n_added_tokens: ADDED_TOKENS,
    ...{ pad: 0, unk: 1, sos: 2, eos: 3 },
    sentinel_number_to_id: Object.fromEntries(Array.from({ length: SENTINELS }, (_, k) => [k, 4 + k])),
    coordinate_tokens: Object.fromEntries(
      AXES.map((axis, a) => {
        const first = 204 + 1000 * a;
        return [axis, { first_id: first, last_id: first + 999, contiguous: true }];
      }),
    ),
    object_class_tokens: Object.fromEntries(CLASS_NAMES.map((name, i) => [name, 4204 + i])),
    words: ids(words),
  };
  return {
    kind: 'text.special_ids',
    description: 'ids of all special tokens of a small vocabulary',
    tier: 'core',
    options: { names: { coordinate_axes: AXES, object_classes: CLASS_NAMES, words } },
    contents: vocabularyFile(),
    data,
    expected: { values: Object.keys(data).map((name) => ({ results: `/${name}` })) },
    checks: [
      { results: ['/vocab_size', '/n_added_tokens', '/words'], requirements: ['TXT-1'], flags: ['special-ids'] },
      {
        results: ['/pad', '/unk', '/sos', '/eos', '/sentinel_number_to_id'],
        ...{ requirements: ['TXT-2'], flags: ['special-ids'] },
      },
      { results: ['/coordinate_tokens'], requirements: ['TXT-3'], flags: ['special-ids'] },
      { results: ['/object_class_tokens'], requirements: ['TXT-4'], flags: ['special-ids'] },
    ],
  };
}
