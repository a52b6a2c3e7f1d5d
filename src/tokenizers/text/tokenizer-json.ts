import * as v from 'valibot';
import { InvalidInputError } from '../../errors.js';

const AddedToken = v.object({
  id: v.pipe(v.number(), v.integer(), v.minValue(0)),
  content: v.pipe(v.string(), v.minLength(1)),
  // Matched only if no letter, digit or underscore is adjacent.
  single_word: v.boolean(),
  lstrip: v.literal(false),
  rstrip: v.literal(false),
  // Matched in the normalised text, and itself normalised.
  normalized: v.boolean(),
  // Omitted from decoded text on request.
  special: v.boolean(),
});

/** Not a `v.record`, which leaves out words that are also names of properties, such as `constructor`. */
const Vocabulary = v.custom<Record<string, number>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((id) => typeof id === 'number' && Number.isInteger(id) && id >= 0),
  'token ids',
);

const Schema = v.object({
  version: v.literal('1.0'),
  truncation: v.null(),
  padding: v.null(),
  added_tokens: v.array(AddedToken),
  normalizer: v.object({
    type: v.literal('BertNormalizer'),
    clean_text: v.boolean(),
    handle_chinese_chars: v.boolean(),
    strip_accents: v.nullable(v.boolean()),
    lowercase: v.boolean(),
  }),
  pre_tokenizer: v.object({ type: v.literal('BertPreTokenizer') }),
  post_processor: v.null(),
  decoder: v.object({ type: v.literal('WordPiece'), prefix: v.string(), cleanup: v.boolean() }),
  model: v.object({
    type: v.literal('WordPiece'),
    unk_token: v.string(),
    continuing_subword_prefix: v.string(),
    // The time to find the pieces of a word grows with the cube of its length.
    max_input_chars_per_word: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)),
    vocab: Vocabulary,
  }),
});

/**
 * A WordPiece tokenizer in the `tokenizer.json` format of Hugging Face: the subset that 4M uses.
 *
 * @interface
 */
export type TokenizerJson = v.InferOutput<typeof Schema>;
/**
 * A token that is matched in the text, before words are split into pieces.
 *
 * @interface
 */
export type AddedToken = v.InferOutput<typeof AddedToken>;
/** Normalisation of text before it is split into words. */
export type BertNormalizer = TokenizerJson['normalizer'];

/** Ten times the tokens of the published vocabulary. */
const MAX_TOKENS = 300_000;

/** @throws {InvalidInputError} when the value is not such a tokenizer; the message names the first wrong field */
export function parseTokenizerJson(json: unknown): TokenizerJson {
  checkTokenCount(json);
  const parsed = v.safeParse(Schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue) ?? 'the file';
  throw new InvalidInputError(
    `not a WordPiece tokenizer.json: ${where} is ${issue.received}, expected ${issue.expected ?? issue.message}`,
  );
}

/** Checked before the tokens are parsed. */
function checkTokenCount(json: unknown): void {
  const { model, added_tokens } = Object(json) as { model?: { vocab?: unknown }; added_tokens?: unknown };
  for (const tokens of [Object(model).vocab, added_tokens]) {
    const count = Object.keys(Object(tokens)).length;
    if (count > MAX_TOKENS) {
      throw new InvalidInputError(`a vocabulary of ${count} tokens; the largest that is read has ${MAX_TOKENS}`);
    }
  }
}
