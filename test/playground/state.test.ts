import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULTS, readState, type State, writeState } from '../../playground/src/state.js';

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 })
  .map((x) => Number(x.toFixed(3)) + 0);
const seed = fc.nat({ max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'grapheme' });
const outputSettings = fc.record(
  { method: fc.constantFrom('maskgit', 'roar'), steps: fc.integer({ min: 1, max: 500 }), temperature: number },
  { requiredKeys: ['steps'] },
);
const settings = fc.record({
  seed,
  decoding: fc.dictionary(name, outputSettings),
  conditions: fc.array(fc.record({ modality: name, weight: number, text }, { requiredKeys: ['modality', 'weight'] })),
});
const states = fc.record(
  {
    scene: seed,
    inputs: fc.array(name),
    outputs: fc.array(name),
    texts: fc.dictionary(name, text),
    strokes: fc.constant('ff0000:1,2,3,4'),
    settings,
    second: settings,
  },
  { requiredKeys: ['scene', 'inputs', 'outputs', 'texts', 'settings'] },
);

test('the address holds a whole state', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(readState(writeState(state as State))).toEqual(plain(state));
    }),
  );
});

test('an address that is none of ours gives the defaults', () => {
  for (const hash of ['', '#', '#scene=-1&seed=1.5', '#condition=x&decoding.depth=steps', '#second.x=1']) {
    expect(readState(hash)).toEqual(DEFAULTS);
  }
});

/** Without the missing prototypes of fast-check's dictionaries. */
function plain(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state));
}
