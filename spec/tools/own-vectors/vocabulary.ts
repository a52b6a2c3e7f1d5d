/**
 * A small vocabulary of the text tokenizer, in the format of the official one and with all of its added tokens, so that texts are tried
 * without it. Its words and pieces are those that the vectors need.
 */

/** TXT-4, in alphabetical order. */
const CLASSES = [
  ...['airplane', 'apple', 'backpack', 'banana', 'baseball bat', 'baseball glove', 'bear', 'bed', 'bench', 'bicycle'],
  ...['bird', 'boat', 'book', 'bottle', 'bowl', 'broccoli', 'bus', 'cake', 'car', 'carrot', 'cat', 'cell phone'],
  ...['chair', 'clock', 'couch', 'cow', 'cup', 'dining table', 'dog', 'donut', 'elephant', 'fire hydrant', 'fork'],
  ...['frisbee', 'giraffe', 'hair drier', 'handbag', 'horse', 'hot dog', 'keyboard', 'kite', 'knife', 'laptop'],
  ...['microwave', 'motorcycle', 'mouse', 'orange', 'oven', 'parking meter', 'person', 'pizza', 'potted plant'],
  ...['refrigerator', 'remote', 'sandwich', 'scissors', 'sheep', 'sink', 'skateboard', 'skis', 'snowboard', 'spoon'],
  ...['sports ball', 'stop sign', 'suitcase', 'surfboard', 'teddy bear', 'tennis racket', 'tie', 'toaster', 'toilet'],
  ...['toothbrush', 'traffic light', 'train', 'truck', 'tv', 'umbrella', 'vase', 'wine glass', 'zebra'],
] as const;

const PIECES = [
  ...['!', "'", '(', ')', ',', '-', '.', '=', '?', '[', ']', '_', '、', '0', '1', '2', 'a', 'b', 'e', 's', 'v', 'x'],
  ...[
    '中',
    '国',
    '\u{2b820}',
    'и',
    '##0',
    '##2',
    '##e',
    '##s',
    '##x',
    '##\u{2b820}',
    '##ble',
    '##able',
    '##cd',
    '##ing',
  ],
  ...['ab', 'abc', 'cafe', 'do', 'fox', 'hot', 'it', 'not', 'red', 'the', 'uber', 'un', 'una', 'walk', 'σασ', 'σας'],
  // Only for decoding: no word has a space or an apostrophe.
  ...["n't", "'m", "'s", "'ve", "'re", 'do not', "' x"],
] as const;

export const SENTINELS = 200;
export const AXES = ['v0', 'v1', 'v2', 'v3'] as const;
const COORDINATES = 1000;

/** Tokens of added tokens with the same properties. */
const GROUPS = [
  { tokens: ['[PAD]', '[UNK]', '[SOS]', '[EOS]'], single_word: false, normalized: false },
  { tokens: numbered(SENTINELS, (k) => `[S_${k}]`), single_word: true, normalized: false },
  {
    tokens: AXES.flatMap((axis) => numbered(COORDINATES, (n) => `${axis}=${n}`)),
    ...{ single_word: true, normalized: false },
  },
  { tokens: CLASSES, single_word: true, normalized: true },
];

const TOKENS: readonly string[] = [...GROUPS.flatMap(({ tokens }) => tokens), ...PIECES];
const IDS = new Map(TOKENS.map((token, id) => [token, id]));

/** Where vectors find the vocabulary; it lies in the folder of the first of them. */
const HOME = 'text_special_ids';
const FILE = 'vocabulary.json';

/** The files of a vector that needs the vocabulary. @param name of the vector */
export function vocabularyOf(name: string): { files: { vocabulary: string } } {
  return { files: { vocabulary: name === HOME ? FILE : `../own_${HOME}/${FILE}` } };
}

/** The ids of tokens, separated by spaces unless in a list. */
export function idsOf(tokens: string | readonly string[]): number[] {
  const list = typeof tokens === 'string' ? tokens.split(' ').filter(Boolean) : tokens;
  return list.map((token) => {
    const id = IDS.get(token);
    if (id === undefined) throw new Error(`the vocabulary lacks ${token}`);
    return id;
  });
}

export const CLASS_NAMES: readonly string[] = CLASSES;
export const VOCABULARY_SIZE = TOKENS.length;
export const ADDED_TOKENS = TOKENS.length - PIECES.length;

/** The file. (TXT-1) */
export function vocabularyFile(): Record<string, Uint8Array> {
  const added = GROUPS.flatMap(({ tokens, single_word, normalized }) =>
    tokens.map((content) => ({
      ...{ id: IDS.get(content), content, single_word },
      ...{ lstrip: false, rstrip: false, normalized, special: true },
    })),
  );
  const file = {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: added },
    normalizer: {
      ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(IDS),
    },
  };
  return { [FILE]: new TextEncoder().encode(`${JSON.stringify(file)}\n`) };
}

function numbered(count: number, token: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => token(n));
}
