import { describe, expect, test } from 'vitest';
import { decodingTarget, generationOrder } from '../../../src/api/request/targets.js';
import { toyboxPackage } from '../../../src/cli/train/toybox-package.js';

const { modalities } = toyboxPackage(100);

describe('what is generated', () => {
  test.each([
    ['a picture from text alone goes through classes', ['caption'], ['rgb'], ['semseg', 'rgb']],
    ['or from nothing', [], ['caption', 'rgb', 'det'], ['caption', 'semseg', 'rgb', 'det']],
    ['but not where an image is given', ['caption', 'depth'], ['rgb'], ['rgb']],
    ['nor where they are targets anyway', ['det'], ['rgb', 'semseg'], ['rgb', 'semseg']],
    ['a map goes through nothing', ['caption'], ['depth', 'semseg'], ['depth', 'semseg']],
  ])('%s', (_, given, targets, order) => {
    expect(generationOrder(modalities, given, targets)).toEqual(order);
  });

  test('texts can be intermediate; those that are given are not generated', () => {
    const through = { ...modalities, rgb: { ...modalities.rgb!, chain: ['det', 'semseg'] } };
    expect(generationOrder(through, ['caption'], ['rgb'])).toEqual(['det', 'semseg', 'rgb']);
    expect(generationOrder(through, ['caption', 'det'], ['rgb'])).toEqual(['semseg', 'rgb']);
  });

  test('a common intermediate modality is generated once', () => {
    const both = { ...modalities, normal: { ...modalities.normal!, chain: ['semseg', 'depth'] } };
    expect(generationOrder(both, ['caption'], ['rgb', 'normal'])).toEqual(['semseg', 'rgb', 'depth', 'normal']);
  });
});

describe('decoding settings', () => {
  const decodingFromText = modalities.semseg!.kind === 'image' ? modalities.semseg!.decodingFromText! : undefined;
  const stepsOf = (given: string[], name: string) => decodingTarget(modalities, given, name).steps;

  test('those for text, if no image is given and the model has them', () => {
    expect(stepsOf(['rgb'], 'semseg')).toBe(1);
    expect(stepsOf(['caption', 'depth'], 'semseg')).toBe(1);
    expect(stepsOf(['caption', 'det'], 'semseg')).toBe(decodingFromText!.steps);
    expect(stepsOf(['caption'], 'depth')).toBe(1);
  });

  test("only the caller's overrides are changed", () => {
    expect(decodingTarget(modalities, ['caption'], 'semseg', { steps: 3 })).toMatchObject({
      ...decodingFromText,
      modality: 'tok_semseg@64',
      steps: 3,
    });
  });
});
