import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadModel } from '../../../../src/api/loading/load-model.js';
import type { Inputs, Model } from '../../../../src/api/model.js';
import { InvalidInputError } from '../../../../src/errors.js';
import { writeTinyModel } from '../../../cli/tiny-model.js';
import { onOneBackend } from '../../../on-backends.js';

onOneBackend();
let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-texts-'));
  await writeTinyModel(folder);
  model = await loadModel(folder);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

const decoding = { depth: { steps: 1 } };
const depthOf = async (inputs: Inputs) => (await model.generate(inputs, { to: ['depth'], decoding })).depth.tokens;

/** A caption as an input, and as the input of a condition. */
const uses: [string, (caption: Inputs[string]) => Promise<unknown>][] = [
  ['an input', (caption) => depthOf({ caption: caption! })],
  [
    'a condition',
    (caption) =>
      model.generate({}, { to: ['depth'], decoding, conditions: [{ inputs: { caption: caption! }, weight: 2 }] }),
  ],
];

describe.each(uses)('a text as %s', (_, generate) => {
  test.each([
    ['empty', '', "the text of 'caption' is empty"],
    ['blank', ' \n\t', "the text of 'caption' is empty"],
    ['of control characters', '\u0000\u0007', "the text of 'caption' is empty"],
    ['of unknown words', 'xyzzy jazz', `'caption' has no word of the model's vocabulary: "xyzzy", "jazz"`],
    ['of unknown words and punctuation', 'Xyzzy, jazz!', /has no word of the model's vocabulary: "xyzzy"/],
    ['too long', 'ball '.repeat(600), /'caption' takes at most \d+ tokens, and 600 are given/],
  ])('%s is an error', async (_, text, message) => {
    const error = await generate(text).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
  });

  test('with some unknown words gives a warning that names them', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await generate('a xyzzy ball');
    expect(warn.mock.calls).toEqual([[`fourm: 'caption' has words that are not in the model's vocabulary: "xyzzy"`]]);
    warn.mockRestore();
  });
});

test('a text of the maximum length is accepted, a longer one is an error', async () => {
  const refusal = await depthOf({ caption: 'ball '.repeat(600) }).catch(String);
  const longest = Number(/at most (\d+) tokens/.exec(String(refusal))![1]);
  await depthOf({ caption: 'ball '.repeat(longest) });
  await depthOf({ caption: { tokens: new Int32Array(longest).fill(5) } });
  await expect(depthOf({ caption: 'ball '.repeat(longest + 1) })).rejects.toThrow(InvalidInputError);
  await expect(depthOf({ caption: { tokens: new Int32Array(longest + 1).fill(5) } })).rejects.toThrow(
    InvalidInputError,
  );
});

test("values outside a text's range are an error, an empty list is not", async () => {
  const object = { label: 'ball', box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } };
  await expect(depthOf({ det: new Array(500).fill(object) })).rejects.toThrow(/'det' takes at most/);
  await depthOf({ det: [] });
});
