/**
 * A masked sample, which is all that 4M trains on: some tokens of some modalities are input, others are targets, the rest is
 * left out. Run it again with another seed.
 *
 *     node examples/masked-sample.js [seed]
 */
import { Random } from 'fourm';
import { maskSample } from 'fourm/masking';

const GRID = { kind: 'image-tokens', maxTokens: 64, vocabSize: 512, inputSize: [64, 64], patchSize: [8, 8] };
const infos = [
  { ...GRID, name: 'tok_rgb', id: 1 },
  { ...GRID, name: 'tok_depth', id: 2 },
  { name: 'caption', id: 3, kind: 'sequence', maxTokens: 16, vocabSize: 32 },
];
const words = [
  '[PAD]',
  '[EOS]',
  '[S_1]',
  '[S_2]',
  '[S_3]',
  '[S_4]',
  '[S_5]',
  'a',
  'red',
  'ball',
  'behind',
  'blue',
  'box',
];
const vocabulary = { padId: 0, eosId: 1, sentinelIds: [0, 2, 3, 4, 5, 6] };
const caption = ['a', 'red', 'ball', 'behind', 'a', 'blue', 'box'].map((word) => words.indexOf(word));

const alphas = { tok_rgb: 1, tok_depth: 1, caption: 1 };
const masked = maskSample(
  {
    tok_rgb: { kind: 'image-tokens', tokens: new Int32Array(64) },
    tok_depth: { kind: 'image-tokens', tokens: new Int32Array(64) },
    caption: { kind: 'sequence', tokens: caption },
  },
  infos,
  {
    inputTokens: 48,
    targetTokens: 48,
    mixture: [{ weight: 1, inputAlphas: alphas, targetAlphas: alphas }],
    vocabulary,
  },
  new Random(Number(process.argv[2] ?? 0)),
);

for (const [name, { ids, inputMask, targetMask }] of Object.entries(masked)) {
  const count = (mask) => mask.filter((masked) => masked === 0).length;
  console.log(`\n${name}: ${count(inputMask)} input, ${count(targetMask)} target`);
  const mark = (_, i) => (inputMask[i] === 0 ? 'i' : targetMask[i] === 0 ? 'T' : '·');
  if (name !== 'caption') {
    const cells = Array.from(inputMask, mark);
    for (let row = 0; row < 64; row += 8) console.log(`  ${cells.slice(row, row + 8).join(' ')}`);
    continue;
  }
  const read = (mask) => Array.from(ids).flatMap((id, i) => (mask[i] === 0 ? [words[id]] : []));
  console.log(`  input:  ${read(inputMask).join(' ') || '(nothing)'}`);
  console.log(`  target: ${read(targetMask).join(' ') || '(nothing)'}`);
}
console.log('\ni: input  T: target  ·: left out');
