import type { Mistake } from './mistake.js';

/** Mistakes of masking and text. */
export const MASKING_MISTAKES: Readonly<Record<string, Mistake>> = {
  'sentinel-off-by-one': {
    file: 'src/masking/span-mask.ts',
    from: 'let spans = 0;',
    to: 'let spans = -1;',
    contradicts: 'MSK-6',
  },
  'spans-merged-in-order': {
    file: 'src/masking/span-mask.ts',
    from: `  for (const token of input) {
    if (!sentinels.has(token)) merged.push(token);
    else for (const filled of filling.get(token) ?? []) merged.push(filled);
  }`,
    to: `  const runs = [...filling].filter(([token]) => token !== null).map(([, run]) => run);
  for (const token of input) {
    if (!sentinels.has(token)) merged.push(token);
    else merged.push(...(runs.shift() ?? []));
  }`,
    contradicts: 'MSK-17',
  },
  'ranks-inverted': {
    file: 'src/masking/image-mask.ts',
    from: '.sort((a, b) => noise[a]! - noise[b]!);',
    to: `.sort((a, b) => noise[a]! - noise[b]!)
    .reduce((inverse, at, place) => inverse.fill(place, at, at + 1), new Int32Array(noise.length));`,
    contradicts: 'MSK-4',
  },
  'keep-decays-slower': {
    file: 'src/masking/sequence-mask.ts',
    from: 'const KEEP_PROBABILITY_DECAY = 0.9;',
    to: 'const KEEP_PROBABILITY_DECAY = 0.95;',
    contradicts: 'MSK-10',
  },
  'eos-after-cut': {
    file: 'src/masking/sequence-mask.ts',
    from: '[...Array.from(tokens), eosId].slice(0, maxTokens)',
    to: '[...Array.from(tokens).slice(0, maxTokens - 1), eosId]',
    contradicts: 'MSK-8',
  },
  'case-kept': {
    file: 'src/tokenizers/text/normalize.ts',
    from: 'if (options.lowercase) result',
    to: 'if (options.lowercase && result.length < 0) result',
    contradicts: 'TXT-8',
  },
  'text-cleaned-as-a-whole': {
    file: 'src/tokenizers/text/word-piece.ts',
    from: 'text += cleanup ? tightened(joined) : joined;',
    to: 'text = cleanup ? tightened(text + joined) : text + joined;',
    contradicts: 'TXT-14',
  },
  'budgets-rounded': {
    file: 'src/masking/budgets.ts',
    from: 'Math.floor(Math.fround(share * total))',
    to: 'Math.round(Math.fround(share * total))',
    contradicts: 'MSK-1',
  },
  'all-others-attended': {
    file: 'src/masking/image-mask.ts',
    from: 'if (first >= 0) decoderAttentionMask[first] = targetMask.reduce((count, masked) => count + 1 - masked, 0);',
    to: 'if (first >= 0) targetMask.forEach((masked, i) => (decoderAttentionMask[i] = 1 - masked));',
    contradicts: 'MSK-5',
  },
  'kept-if-below': {
    file: 'src/masking/span-mask.ts',
    from: 'const masked = uniforms[i]! > limit;',
    to: 'const masked = uniforms[i]! >= limit;',
    contradicts: 'MSK-6',
  },
  'transfer-target-at-zero': {
    file: 'src/masking/transfer-mask.ts',
    from: 'ids.set(spans.target, maxTokens);',
    to: 'ids.set(spans.target, input.length);',
    contradicts: 'MSK-16',
  },
  'chunk-cut-within': {
    file: 'src/masking/sequence-mask.ts',
    from: `    count += chunk.length;
    return count <= maxTokens;`,
    to: `    count += chunk.length;
    return count - chunk.length < maxTokens;`,
    contradicts: 'MSK-8',
  },
  'no-sentinel-at-end': {
    file: 'src/masking/span-mask.ts',
    from: `  target.push(sentinel(spans + 1, sentinelIds));
  return { input, target };`,
    to: `  if (spans > 0) target.push(sentinel(spans + 1, sentinelIds));
  return { input, target };`,
    contradicts: 'MSK-6',
  },
  'accents-kept': {
    file: 'src/tokenizers/text/normalize.ts',
    from: `.replace(ACCENT, '')`,
    to: '',
    contradicts: 'TXT-8',
  },
  'shortest-piece': {
    file: 'src/tokenizers/text/word-piece.ts',
    from: `let end = characters.length;
      const piece = () => (start > 0 ? prefix : '') + characters.slice(start, end).join('');`,
    to: `let end = Math.min(characters.length, start + 3);
      const piece = () => (start > 0 ? prefix : '') + characters.slice(start, end).join('');`,
    contradicts: 'TXT-11',
  },
  'inside-word': {
    file: 'src/tokenizers/text/added-tokens.ts',
    from: 'if (!(token.single_word && insideWord)) {',
    to: 'if (!(token.single_word && insideWord && end < 0)) {',
    contradicts: 'TXT-7',
  },
  'special-kept': {
    file: 'src/tokenizers/text/word-piece.ts',
    from: 'if (options.skipSpecial && this.#special.has(token)) continue;',
    to: `if (options.skipSpecial && this.#special.has(token) && token.startsWith('[')) continue;`,
    contradicts: 'TXT-15',
  },
  'cleanup-missing': {
    file: 'src/tokenizers/text/word-piece.ts',
    from: `.replaceAll(" n't", "n't")`,
    to: '',
    contradicts: 'TXT-14',
  },
  'leftover-lost': {
    file: 'src/masking/budgets.ts',
    from: 'for (let i = 0; i < leftover; i++) {',
    to: 'for (let i = 0; i < 0 * leftover; i++) {',
    contradicts: 'MSK-1',
  },
  'image-cap-of-all': {
    file: 'src/masking/budgets.ts',
    from: '(isImage ? maxTokens - inputBudgets[m]! : maxTokens)',
    to: 'maxTokens',
    contradicts: 'MSK-2',
  },
  'runs-not-joined': {
    file: 'src/masking/span-mask.ts',
    from: 'inSpan = masked;',
    to: 'inSpan = false;',
    contradicts: 'MSK-6',
  },
};
