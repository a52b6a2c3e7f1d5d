import type { Mistake } from './mistake.js';

/** Mistakes of masking, modalities, text and metrics. */
export const DATA_MISTAKES: Readonly<Record<string, Mistake>> = {
  'sentinel-off-by-one': {
    file: 'src/masking/span-mask.ts',
    from: 'let spans = 0;',
    to: 'let spans = -1;',
    contradicts: 'MSK-6',
  },
  'normals-sign': {
    file: 'src/modalities/crop-images.ts',
    from: 'data[i] = sum - data[i]!;',
    to: 'data[i] = sum > 255 ? sum - data[i]! : data[i]!;',
    contradicts: 'TRF-14',
  },
  bgr: {
    file: 'src/modalities/channel-order.ts',
    from: 'data[(i % area) * channels + Math.floor(i / area)]!',
    to: 'data[(i % area) * channels + channels - 1 - Math.floor(i / area)]!',
    contradicts: 'TRF-10',
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
  'coordinates-cut': {
    file: 'src/modalities/text/detections.ts',
    from: 'return roundHalfToEven(value * (bins - 1));',
    to: 'return Math.floor(value * (bins - 1));',
    contradicts: 'MOD-5',
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
  'modality-hash-begins': {
    file: 'src/modalities/modality.ts',
    from: 'return ((digest[30]! & 0x7f) << 8) | digest[31]!;',
    to: 'return ((digest[0]! & 0x7f) << 8) | digest[1]!;',
    contradicts: 'MOD-1',
  },
  'class-shift-missing': {
    file: 'src/modalities/maps.ts',
    from: 'data: classes.data.map((id) => (id + by) & 0xff)',
    to: 'data: classes.data.map((id) => (id + 0 * by) & 0xff)',
    contradicts: 'TRF-16',
  },
  'depth-not-truncated': {
    file: 'src/modalities/maps.ts',
    from: 'const TRUNCATED = 0.1;',
    to: 'const TRUNCATED = 0;',
    contradicts: 'TRF-15',
  },
  'metadata-bins': {
    file: 'src/modalities/text/metadata.ts',
    from: '(rule.max - rule.min)) * (BINS - 1));',
    to: '(rule.max - rule.min)) * BINS);',
    contradicts: 'MOD-10',
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
  'run-lengths-by-row': {
    file: 'src/evaluation/run-lengths.ts',
    from: 'for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) runs',
    to: 'for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) runs',
    contradicts: 'MET-7',
  },
  'crowd-like-others': {
    file: 'src/evaluation/box-matching.ts',
    from: 'return both / (crowd ? area : area + truth[2] * truth[3] - both);',
    to: 'return both / (crowd && area < 0 ? area : area + truth[2] * truth[3] - both);',
    contradicts: 'MET-4',
  },
  'wrong-mean': {
    file: 'src/modalities/normalisation.ts',
    from: 'mean: [0.485, 0.456, 0.406]',
    to: 'mean: [0.5, 0.5, 0.5]',
    contradicts: 'TRF-10',
  },
  'population-variance': {
    file: 'src/modalities/maps.ts',
    from: '/ (middle.length - 1);',
    to: '/ middle.length;',
    contradicts: 'TRF-15',
  },
  'normals-y-flipped': {
    file: 'src/modalities/crop-images.ts',
    from: 'data[i] = sum - data[i]!;',
    to: 'data[i + 1] = sum - data[i + 1]!;',
    contradicts: 'TRF-14',
  },
  'box-yxyx': {
    file: 'src/modalities/text/detections.ts',
    from: 'const corners = [box.xmin, box.ymin, box.xmax, box.ymax];',
    to: 'const corners = [box.ymin, box.xmin, box.ymax, box.xmax];',
    contradicts: 'MOD-5',
  },
  'largest-box-last': {
    file: 'src/modalities/text/sam-instances.ts',
    from: 'area(b) - area(a)',
    to: 'area(a) - area(b)',
    contradicts: 'MOD-20',
  },
  'palette-backwards': {
    file: 'src/modalities/text/palette.ts',
    from: 'const words = colours.flat().map((channel) => {',
    to: 'const words = colours.flat().reverse().map((channel) => {',
    contradicts: 'MOD-12',
  },
  'camera-not-scaled': {
    file: 'src/modalities/text/human-poses.ts',
    from: `field: 'camera', length: 3, scale: 49.95, offset: 49.95`,
    to: `field: 'camera', length: 3, scale: 499.5, offset: 499.5`,
    contradicts: 'MOD-14',
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
  'bf16-as-f16': {
    file: 'src/checkpoints/dtypes.ts',
    from: `dtype === 'F16' ? f16Values() : bf16Values()`,
    to: 'f16Values()',
    contradicts: 'CKP-3',
  },
  'overlap-plus-one': {
    file: 'src/evaluation/box-matching.ts',
    from: 'return { xmin: x, ymin: y, xmax: x + width, ymax: y + height };',
    to: 'return { xmin: x, ymin: y, xmax: x + width + 1, ymax: y + height + 1 };',
    contradicts: 'MET-4',
  },
  'eleven-recalls': {
    file: 'src/evaluation/average-precision.ts',
    from: '  return RECALL_THRESHOLDS.map((threshold) => {',
    to: '  return RECALL_THRESHOLDS.filter((_, i) => i % 10 === 0).map((threshold) => {',
    contradicts: 'MET-6',
  },
  'aligned-without-scale': {
    file: 'src/evaluation/pose-alignment.ts',
    from: 'aligned[3 * j + c] = (isPoint ? 0 : scale * value) + to[c]!;',
    to: 'aligned[3 * j + c] = (isPoint ? 0 : value) + to[c]!;',
    contradicts: 'MET-13',
  },
  'angle-of-raw-vectors': {
    file: 'src/evaluation/normals.ts',
    from: 'const cosine = dot / Math.max(Math.sqrt(squaresA), MIN_LENGTH) / Math.max(Math.sqrt(squaresB), MIN_LENGTH);',
    to: 'const cosine = dot + 0 * Math.max(squaresA, squaresB, MIN_LENGTH);',
    contradicts: 'MET-12',
  },
  'absent-classes-counted': {
    file: 'src/evaluation/segmentation.ts',
    from: 'meanIou: meanOfKnown(classIou),',
    to: 'meanIou: mean(classIou.map((iou) => iou ?? 0)),',
    contradicts: 'MET-2',
  },
};
