import { expect, it } from 'vitest';
import type { DecodingStep } from '../../src/decoding/chain-steps.js';
import { stepCosts, totalCost } from '../../src/decoding/cost.js';
import { emptyImageTarget, emptySequenceTarget, fullImage, fullSequence } from '../../src/decoding/state.js';
import { onOneBackend } from '../on-backends.js';
import { disposeOf, randomModel, tinyVocabulary as vocabulary } from './random-model.js';

onOneBackend();

const step = (modality: string, method: DecodingStep['method'], more: Partial<DecodingStep> = {}): DecodingStep => ({
  modality,
  method,
  temperature: 1,
  ...more,
});

it('counts the tokens of encoder and decoder over all samples and passes, and autoregressive tokens', () => {
  const model = randomModel(1);
  const depth = model.modalities['tok_depth@224']!;
  const batch = {
    size: 2,
    modalities: {
      caption: fullSequence([[20, 21, 1], [25]], vocabulary),
      'tok_rgb@224': fullImage(model.modalities['tok_rgb@224']!, 2, { ids: new Int32Array(32) }),
      'tok_depth@224': emptyImageTarget(depth, 2),
      det: emptySequenceTarget(2, 11, vocabulary),
    },
  };
  const guidance = { scale: 2, conditions: ['caption'] };
  const works = stepCosts(model, batch, [
    step('tok_depth@224', 'maskgit', { tokens: 6 }),
    step('tok_depth@224', 'maskgit', { tokens: 4, guidance }),
    step('tok_depth@224', 'roar', { tokens: 6, weights: [1, 2, 3] }),
    step('det', 'autoregressive'),
    step('det', 'autoregressive', { guidance: { scale: 1, conditions: ['caption'] } }),
  ]);
  // Initially 3 tokens of a text, 16 of an image and 1 of the target text; MaskGIT decodes all 16 masked tokens, ROAR some.
  expect(works).toEqual([
    { dense: 2 * (20 + 16), tokens: 0 },
    { dense: 2 * 2 * (26 + 10), tokens: 0 },
    { dense: 2 * 4 * (30 + 6), tokens: 0 },
    { dense: 2 * 36, tokens: 9 },
    { dense: 2 * 45, tokens: 9 },
  ]);
  expect(totalCost(works)).toEqual({ dense: 72 + 144 + 288 + 72 + 90, tokens: 18 });
  expect(totalCost([])).toEqual({ dense: 0, tokens: 0 });
  disposeOf(model);
});
