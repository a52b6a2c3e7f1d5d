import * as tf from '@tensorflow/tfjs-core';
import { it } from 'vitest';
import { encodeContext } from '../../src/decoding/encode-context.js';
import { SequenceDecoder } from '../../src/decoding/sequence-decoder.js';
import { emptySequenceTarget, fullImage } from '../../src/decoding/state.js';
import { Random } from '../../src/random.js';
import { targetLogits } from '../../src/transformer/embeddings.js';
import { decode, embedTargets } from '../../src/transformer/forward.js';
import { onEachBackend } from '../on-backends.js';
import { expectClose } from '../vectors.js';
import { vocabulary, withGenerationModel } from './reference.js';

/** Two images of noise, [2, 3, 64, 64]. */
const random = new Random(0);
const pixels = Float32Array.from({ length: 2 * 3 * 64 * 64 }, () => random.normal());

onEachBackend(() => {
  const given = withGenerationModel();

  it('the KV cache changes nothing: each step equals a pass over all tokens so far', async () => {
    const { model } = given;
    const batch = {
      size: 2,
      modalities: {
        'rgb@224': fullImage(model.modalities['rgb@224']!, 2, { pixels }),
        caption: emptySequenceTarget(2, 12, vocabulary),
      },
    };
    const count = 3;
    const ids = Int32Array.from({ length: 2 * count }, (_, i) => (i % count === 0 ? 5 : 10 + 7 * i));
    const { caption } = model.decoderEmbeddings;
    const uncached = tf.tidy(() => {
      const indices = ids.map((_, i) => i);
      const gathered = [
        {
          modality: 'caption',
          sequenceIndices: indices,
          tokenIndices: indices,
          positions: indices.map((i) => i % count),
        },
      ];
      const masks = new Uint8Array(ids.length);
      const all = { ids, inputMask: masks, targetMask: masks, decoderAttentionMask: new Int32Array(ids.length) };
      const sequence = { size: 2, modalities: { caption: all } };
      const y = embedTargets(model, sequence, {
        size: 2,
        length: count,
        padding: masks,
        modalityIds: indices,
        gathered: gathered,
      });
      const later = Uint8Array.from({ length: 2 * count * count }, (_, i) =>
        i % count > Math.floor(i / count) % count ? 1 : 0,
      );
      return targetLogits(caption!, decode(model, y, encodeContext(model, batch), later).output);
    });
    const expected = await uncached.data();
    const width = uncached.shape[2]!;
    const decoder = new SequenceDecoder(model, { batches: [batch], weights: [] }, 'caption');
    for (let i = 0; i < count; i++) {
      const logits = await decoder.next(Int32Array.of(ids[i]!, ids[count + i]!));
      const wanted = [0, 1].flatMap((b) =>
        Array.from(expected.slice((b * count + i) * width, (b * count + i + 1) * width)),
      );
      expectClose(logits, wanted, { rtol: 1e-4, atol: 1e-5 }, `logits of token ${i}`);
    }
    decoder.dispose();
    uncached.dispose();
  });
});
