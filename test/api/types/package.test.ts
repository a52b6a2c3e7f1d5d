/** `fourm.json`: what is wrong is named by file and key. */
import { expect, test } from 'vitest';
import { type ModelPackage, parseModelPackage } from '../../../src/api/types/package.js';
import { toyboxPackage } from '../../../src/cli/train/toybox-package.js';
import { CheckpointError } from '../../../src/errors.js';

type Entry = Record<string, unknown>;

/** The message of the error for a package with changed modalities; undefined if it is accepted. */
function refusal(change: (modalities: Record<string, Entry>, about: ModelPackage) => void): string | undefined {
  const about = JSON.parse(JSON.stringify(toyboxPackage(100))) as ModelPackage;
  change(about.modalities as unknown as Record<string, Entry>, about);
  try {
    parseModelPackage(JSON.stringify(about), 'x/fourm.json');
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message;
  }
}

test('a package of every kind is accepted, and keeps all keys', () => {
  const about = toyboxPackage(100);
  expect(parseModelPackage(JSON.stringify(about), 'x/fourm.json')).toEqual(about);
});

test.each<[string, string, unknown, RegExp]>([
  ['canny_edge', 'values', { kind: 'lines' }, /"modalities\.canny_edge\.values\.kind"/],
  ['clip', 'kind', 'feature', /"modalities\.clip\.kind"/],
  ['clip', 'tokenizer', undefined, /"modalities\.clip\.tokenizer"/],
  ['clip', 'tokenizer', '../tok_clip.safetensors', /"modalities\.clip\.tokenizer"/],
  ['clip', 'network', 'https://example.com/x', /"modalities\.clip\.network"/],
  [
    'clip',
    'tokens',
    'tok_clip@224',
    /"modalities\.clip\.tokens": 'tok_clip@224' is not among the infos; expected image/,
  ],
  ['clip', 'tokens', 'caption', /"modalities\.clip\.tokens": 'caption' is of the kind sequence; expected image-tokens/],
  ['dinov2_global', 'decoding', undefined, /"modalities\.dinov2_global\.decoding"/],
  ['metadata', 'tokens', 'tok_clip@64', /"modalities\.metadata\.tokens": .*expected sequence$/],
  ['color_palette', 'tokens', 7, /"modalities\.color_palette\.tokens"/],
  ['human_poses', 'tokenizer', 7, /"modalities\.human_poses\.tokenizer"/],
  ['sam_instance', 'maskValues', 'signed', /"modalities\.sam_instance\.maskValues"/],
  ['sam_instance', 'size', 0, /"modalities\.sam_instance\.size"/],
  ['t5_caption', 'tokens', 'caption', /"modalities\.t5_caption\.tokens": .*expected sequence-embedding$/],
  ['det', 'bins', 0.5, /"modalities\.det\.bins"/],
  ['rgb', 'pixels', 'tok_rgb@64', /"modalities\.rgb\.pixels": .*expected pixels$/],
  ['rgb', 'chain', ['t5_caption'], /"modalities\.rgb\.chain": 't5_caption'/],
  ['rgb', 'chain', ['rgb'], /"modalities\.rgb\.chain": 'rgb'/],
  ['caption', 'chain', ['det', 'caption'], /"modalities\.caption\.chain": 'caption'/],
  ['clip', 'chain', ['nothing'], /"modalities\.clip\.chain": 'nothing'/],
])('%s with another "%s" is refused: %j', (name, key, value, message) => {
  const found = refusal((modalities) => Object.assign(modalities[name]!, { [key]: value }));
  expect(found).toMatch(/^x\/fourm\.json, /);
  expect(found).toMatch(message);
});

test.each([
  ['rgb', ['clip', 'dinov2_global']],
  ['clip', ['semseg']],
  ['rgb', ['det', 'semseg']],
  ['human_poses', ['det', 'rgb']],
  ['caption', ['color_palette']],
])('%s may go through %j', (name, chain) => {
  expect(refusal((modalities) => Object.assign(modalities[name]!, { chain }))).toBeUndefined();
});
