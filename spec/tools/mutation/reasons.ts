/** The reasons why mutants survive, for the published table. */
import type { PlacedMutant } from './record.js';

/**
 * `equivalent`: no result changes. `input`: the code makes random numbers, which are inputs of the vectors, or initial values of
 * parameters, which checkpoints replace. `refusal`: only the set of rejected inputs changes, which the specification leaves open.
 * `unchecked`: results can change, and no vector detects it.
 */
export type ReasonClass = 'equivalent' | 'input' | 'refusal' | 'unchecked';

export interface Reason {
  readonly class: ReasonClass;
  readonly why: string;
}

interface Rule extends Reason {
  readonly file: RegExp;
  /** Matches the line and the change, `code | from → to`. */
  readonly mutant: RegExp;
}

const rule = (file: RegExp, mutant: RegExp, kind: ReasonClass, why: string): Rule => ({
  file,
  mutant,
  class: kind,
  why,
});

const RULES: readonly Rule[] = [
  rule(
    /./,
    /^for \(let .* \| < → <=$/,
    'equivalent',
    'One more round reads and writes beyond a typed array, which does nothing.',
  ),
  rule(
    /budgets/,
    /logGamma|largest|relative|alpha|Math\.sqrt\(9|c \* x|random\.uniform|Math\.log\(u\)|MIN_ALPHA/,
    'input',
    'Draws of shares are inputs.',
  ),
  rule(/budgets/, /caps\.map\(\(\) => 0\)/, 'input', 'The default of an argument that the vectors always give.'),
  rule(/budgets/, /let tries = 1.*\| 1 → /, 'equivalent', 'The number of rounds is the same.'),
  rule(/image-mask|attention-mask/, /\| 1 → \(1 \* 1\.5\)$/, 'equivalent', 'A byte holds 1 of it.'),
  rule(/interpolation/, /weights\[.*\| \+= → -=/, 'equivalent', 'The sign cancels in the product of both axes.'),
  rule(/forward/, /const unknown = /, 'refusal', 'Which modalities are refused.'),
  rule(
    /forward/,
    /sequenceIndices\.length > 0.*\| > → >=/,
    'equivalent',
    'No rows are added for a modality without targets.',
  ),
  rule(
    /forward/,
    /result\.set\(padding/,
    'equivalent',
    'What is written too far is overwritten by the next sample, or cut off.',
  ),
  rule(/embeddings/, /INIT_STD/, 'input', 'An initial value.'),
  rule(
    /embeddings/,
    /const rows = |const beyond = /,
    'refusal',
    'A position beyond the table is refused; the text leaves it open.',
  ),
  rule(/embeddings/, /const width = parameter\.shape/, 'equivalent', 'An index is cut to a whole number.'),
  rule(/attention\.ts/, /MASKED_SCORE = /, 'equivalent', 'Any score that is low enough has weight 0.'),
  rule(
    /attention\.ts/,
    /MASKED_SCORE : 0/,
    'equivalent',
    'The same added to all scores of a row leaves the softmax as it is.',
  ),
  rule(/attention\.ts/, /buildLinear\(/, 'input', 'The variance of an initial value.'),
  rule(
    /attention\.ts/,
    /c\.normBias \?\? true/,
    'input',
    'A default of a configuration that the published ones always give.',
  ),
  rule(/sampling/, /random\.uniforms/, 'input', 'Draws are inputs.'),
  rule(
    /sampling/,
    /topK = 0, topP = 0|temperature = 1\)/,
    'input',
    'The default of an argument that the vectors always give.',
  ),
  rule(
    /sampling/,
    /fill\(1\)|topP < 1|Math\.trunc\(topK|mass \+=|let total = 0/,
    'equivalent',
    'What is kept and drawn is the same.',
  ),
  rule(/guidance/, /parts\.at\(-1\)|slice\(0, -1\)/, 'equivalent', 'An index is cut to a whole number.'),
  rule(/guidance/, /weights\[i\] \?\? 0/, 'refusal', 'A weight that is missing.'),
  rule(/maskgit/, /flat\(2\).*\| 2 → /, 'equivalent', 'There is nothing deeper to flatten.'),
  rule(/maskgit/, /flat\(2\)/, 'unchecked', 'No vector has a step with a single open position.'),
  rule(/maskgit/, /const isLast/, 'equivalent', 'A short cut with the same tokens.'),
  rule(/roar/, /targetMask\.length \/ size/, 'input', 'The noise is an input.'),
  rule(/codebook/, /hits\[Math\.floor\(i \/ d\)\] \?/, 'equivalent', 'Only the direction counts.'),
  rule(/schedules\.ts/, /MAX_STEPS/, 'refusal', 'More steps than any target has tokens.'),
  rule(
    /schedules\.ts/,
    /masked\(step|masked = \(step/,
    'unchecked',
    'The corrected schedule; the vectors check the official one.',
  ),
  rule(/schedules\.ts/, /1 - 0\.5 \* \(1 - Math\.cos/, 'equivalent', 'A constant cancels in the differences.'),
  rule(
    /schedules\.ts/,
    /const done = .*floor → ceil/,
    'equivalent',
    'The differences are the same in reverse, and sorted.',
  ),
  rule(/schedules\.ts/, /slice\(first \+ 1\)/, 'equivalent', 'An index is cut to a whole number.'),
  rule(
    /schedules\.ts/,
    /const last = Math\.max/,
    'equivalent',
    'Only for a total of 1, for which any number may be given.',
  ),
  rule(/embeddings/, /packable: true/, 'equivalent', 'Whether weights may be kept in fewer bytes.'),
  rule(
    /./,
    /\bat\(-1\)|, -1, true\).*-1 → 1$|square\(codes\), -1.*-1 → 1$/,
    'equivalent',
    'It is the same element, or axis.',
  ),
  rule(/codebook/, /iterations = 10/, 'input', 'The default of an argument that the vectors always give.'),
  rule(/codebook/, /subarray\(i \* d, \(i \+ 1\) \* d\)/, 'equivalent', 'What is read too far is cut off.'),
  rule(/codebook/, /random\.(permutation|integer)/, 'input', 'Draws are inputs.'),
  rule(
    /codebook/,
    /let nearest = 0|let alike = 0/,
    'equivalent',
    'The first row is always nearer than none, and all sums begin alike.',
  ),
  rule(/codebook/, /i < rows\.length \/ d/, 'equivalent', 'Rows beyond the array are NaN, which nothing is less than.'),
  rule(/codebook/, /chooseRows\(latents\.length/, 'input', 'The rows are an input.'),
  rule(
    /memcodes|quantizer/,
    /init: |constant\(|temperature = 1/,
    'input',
    'An initial value, or the default of an argument.',
  ),
  rule(/quantizer/, /gradFunc: \(\) => tf\.scalar\(0\)/, 'equivalent', 'The gradient of a constant goes nowhere.'),
  rule(/quantizer/, /1e-12/, 'unchecked', 'No vector has a latent of length 0.'),
  rule(/schedule\.ts/, /zeroTerminalSnr = false/, 'input', 'The default of an argument that the vectors always give.'),
  rule(/schedule\.ts/, /Math\.floor\(n \/ 2\)/, 'equivalent', 'Both ends give the same number, within rounding.'),
  rule(
    /timesteps/,
    /const step = |roundHalfToEven\(i === n - 1/,
    'equivalent',
    'The last is as far by steps as from the end, within rounding.',
  ),
  rule(
    /ddim|ddpm|pndm/,
    /batch = 1|offset = 0|skipRungeKutta = false/,
    'input',
    'The default of an argument that the vectors always give.',
  ),
  rule(/ddpm/, /MIN_VARIANCE/, 'equivalent', 'The variance is never that small but where it is not used.'),
  rule(/pndm/, /slice\(.*\| 1 → \(1 \* 1\.5\)/, 'equivalent', 'An index is cut to a whole number.'),
  rule(/crop-images/, /const sum = data/, 'unchecked', 'No vector flips normals that are floats.'),
  rule(/crop-images/, /const isWhole/, 'refusal', 'The condition of an error.'),
  rule(/maps/, /const highest = /, 'unchecked', 'The depth of the vectors has 16 bits.'),
  rule(/maps/, /by = 1/, 'equivalent', 'The sum is cut to a whole number.'),
  rule(/segmentation/, /iou \?\? 0/, 'equivalent', 'A class without an IoU has no pixels to weigh it by.'),
  rule(/retrieval/, /RESOLUTION/, 'unchecked', 'No vector has similarities between both differences.'),
  rule(/retrieval/, /count === 0/, 'refusal', 'Which numbers of pairs are refused.'),
  rule(/loss/, /\?\? 1;/, 'equivalent', 'A factor of all weights cancels.'),
  rule(/loss/, /compat === 'official'/, 'unchecked', 'The corrected loss; the vectors check the official one.'),
  rule(/sequence-mask/, /Array\(length\)\.fill|fill\(-1\)/, 'equivalent', 'It is stored as 1, or as no row.'),
  rule(
    /sequence-mask/,
    /keep === 'all'/,
    'unchecked',
    'Sequences of which all is kept, or all or nothing; the vectors draw the probability.',
  ),
  rule(/sequence-mask/, /start >= budget/, 'equivalent', 'The first sentinel from which it fits is then the same.'),
  rule(
    /forward|attention\.ts|sampling/,
    /withShares|tf\.mean\(attentionWeights|left\.keys|left\[b\]|ids\.slice/,
    'unchecked',
    'Attention and alternatives of a token, which are shown beside it; the text has no such result.',
  ),
];

/** @returns undefined if nothing is known */
export function reasonFor({ file, code, from, to, isRefusal }: PlacedMutant): Reason | undefined {
  if (isRefusal) return { class: 'refusal', why: 'The condition of an error.' };
  const text = `${code} | ${from} → ${to}`;
  return RULES.find((entry) => entry.file.test(file) && entry.mutant.test(text));
}
