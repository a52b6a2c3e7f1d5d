import { expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { type Footprint, soak } from '../../bench/soak/soak.js';
import { TASKS } from '../../bench/soak/tasks.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import { toyboxSample } from '../../src/toybox/sample.js';

test('twenty mixed generations, two of them cancelled, leave no tensors behind', { timeout: 300_000 }, async () => {
  await useBackend('wasm');
  const model = await loadModel('toybox');
  // Whatever weights there are must be there beforehand.
  for (const ask of Object.values(TASKS)) await ask(model, toyboxSample(0, { people: false }), { seed: 0 });
  const after: Footprint[] = [];
  let cancelled = 0;
  for await (const round of soak(model, 20)) {
    after.push(round.footprint);
    if (round.cancelled) cancelled++;
  }
  expect(cancelled).toBeGreaterThan(0);
  expect(after.at(-1)!.tensors).toBe(after[0]!.tensors);
  expect(after.at(-1)!.used).toBe(after[0]!.used);
  await model.dispose();
});
