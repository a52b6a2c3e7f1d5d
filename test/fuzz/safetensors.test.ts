import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource } from '../../src/checkpoints/byte-source.js';
import { openSafetensors, readSafetensors, type SafetensorsFile } from '../../src/checkpoints/safetensors.js';
import { CheckpointError } from '../../src/errors.js';
import { FUZZ_RUNS, fuzzing, outcomeOf } from './fuzzing.js';
import { safetensorsFiles } from './safetensors-files.js';
import { readSlowly, text } from './safetensors-oracle.js';

/** Contents of a file, in the form of the oracle. */
function contentOf(file: SafetensorsFile) {
  const tensors = [...file.tensors].map(([name, { dtype, shape }]) => {
    const values = Array.from(file.read(name) as ArrayLike<number | bigint>, text);
    return [name, { dtype, shape, values }] as const;
  });
  return { metadata: file.metadata, tensors: new Map(tensors) };
}

test(`${FUZZ_RUNS} files are read as a slow oracle reads them, or refused as it refuses them`, () => {
  let accepted = 0;
  fc.assert(
    fc.property(safetensorsFiles, (bytes) => {
      const outcome = outcomeOf(bytes.length, () => contentOf(readSafetensors(bytes, 'x.st')));
      const expected = readSlowly(bytes);
      if ('refusal' in outcome) {
        expect(outcome.refusal).toBeInstanceOf(CheckpointError);
        expect(expected).toBeUndefined();
      } else {
        accepted++;
        expect(outcome.value).toEqual(expected);
      }
    }),
    fuzzing(),
  );
  // Neither side may go untested.
  expect(accepted).toBeGreaterThan(FUZZ_RUNS / 10);
  expect(accepted).toBeLessThan((FUZZ_RUNS * 9) / 10);
});

test('read by range, a file holds the same, and nothing outside of it or more than its size is read', async () => {
  await fc.assert(
    fc.asyncProperty(safetensorsFiles, async (bytes) => {
      const source = bytesSource(bytes, 'x.st');
      let asked = 0;
      const opening = openSafetensors({
        ...source,
        read: (offset, length) => {
          if (offset < 0 || offset + length > bytes.length) throw new Error(`[${offset}, +${length}) is outside`);
          asked += length;
          return source.read(offset, length);
        },
      });
      const outcome = outcomeOf(bytes.length, () => readSafetensors(bytes, 'x.st'));
      if ('refusal' in outcome) {
        await expect(opening).rejects.toThrow(outcome.refusal);
      } else {
        const [opened, read] = [await opening, outcome.value];
        expect(opened.tensors).toEqual(read.tensors);
        expect(opened.metadata).toEqual(read.metadata);
        for (const name of opened.tensors.keys()) expect(await opened.read(name)).toEqual(read.read(name));
      }
      expect(asked).toBeLessThanOrEqual(bytes.length);
    }),
    fuzzing(0.2),
  );
});
