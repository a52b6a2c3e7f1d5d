/** Converts cases of the old format to vectors of format 1. */
import { InvalidInputError } from '../../../src/errors.js';
import type { Implementation } from '../results.js';
import { FORMAT, Vector, type VectorFile } from '../vector.js';
import { checksOf, tierOf } from './checks.js';
import { Draft } from './draft.js';
import { imageRules } from './image-rules.js';
import type { LegacyCase } from './legacy-case.js';
import { metricRules } from './metric-rules.js';
import type { Rules } from './rules.js';
import { withScalarTimestep } from './scalar-timestep.js';
import { textRules } from './text-rules.js';
import { tokenizerRules } from './tokenizer-rules.js';
import { transformerRules } from './transformer-rules.js';

const RULES: Rules = { ...transformerRules, ...tokenizerRules, ...textRules, ...metricRules, ...imageRules };

/**
 * Converts a case. Its descriptions and names become options and tolerances; tensors and `data.json` stay unchanged.
 *
 * @param probe finds inputs that the old format does not record, by trial; without it, default values are used
 * @throws InvalidInputError if the case has an unknown kind or unknown content
 */
export async function convertCase(source: LegacyCase, probe?: Implementation): Promise<Vector> {
  const { about } = source;
  const rule = Object.hasOwn(RULES, about.kind) ? RULES[about.kind]! : undefined;
  if (!rule) throw new InvalidInputError(`unknown kind "${about.kind}"`);
  const draft = new Draft(source);
  rule(draft);
  const described = {
    format: FORMAT,
    kind: about.kind,
    description: about.what ?? '',
    tier: tierOf(about.kind),
    ...(draft.needsVocabulary && { needs: ['vocabulary'] as const }),
    options: draft.options,
    ...(Object.keys(draft.files).length > 0 && { files: draft.files }),
    inputs: draft.inputs,
    ...(source.has('data.json') && { document: 'data.json' as const }),
    tolerances: draft.tolerances,
    expected: { tensors: draft.tensors, values: draft.values },
    checks: [],
    flags: {},
  } satisfies VectorFile;
  const names = new Vector(source.name, source.folder, described).expected.map(({ name }) => name);
  if (names.length === 0) throw new InvalidInputError(`${source.name} expects nothing`);
  const vector = new Vector(source.name, source.folder, { ...described, ...checksOf(about.kind, draft, names) });
  return probe && about.kind === 'vq.divae' ? withScalarTimestep(vector, probe) : vector;
}
