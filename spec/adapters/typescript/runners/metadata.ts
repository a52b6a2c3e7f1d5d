import * as v from 'valibot';
import { type ConfigValue, PythonDate, parseConfigValue } from '../../../../src/checkpoints/metadata.js';
import { CheckpointError } from '../../../../src/errors.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';

const raw = v.union([v.string(), v.strictObject({ repeat: v.string(), times: v.number() })]);

/** Strings, and their values or what the reference complained of. */
const schema = v.array(
  v.union([v.strictObject({ raw, parsed: v.unknown() }), v.strictObject({ raw, error: v.string() })]),
);

/** `ckpt.metadata`: what a string of a checkpoint's header means. */
export function metadata(reference: ConformanceCase, compare: Comparison): void {
  optionsOf(schema, reference.json(), 'data.json').forEach((entry, i) => {
    const { raw } = entry;
    const name = `[${i}] ${JSON.stringify(raw)}`;
    const text = typeof raw === 'string' ? raw : raw.repeat.repeat(raw.times);
    if ('error' in entry) {
      compare.value(
        `${name} is refused`,
        refused(() => parseConfigValue(text)),
        true,
      );
    } else {
      compare.value(name, asJson(parseConfigValue(text)), entry.parsed === 'SAME AS RAW' ? text : entry.parsed);
    }
  });
}

function refused(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof CheckpointError) return true;
    throw error;
  }
}

/** As the cases write values that JSON lacks. */
function asJson(value: ConfigValue): unknown {
  if (value instanceof PythonDate) return { __type__: value.type, str: value.text };
  if (value === Number.POSITIVE_INFINITY) return { __type__: 'float', str: 'inf' };
  if (value === Number.NEGATIVE_INFINITY) return { __type__: 'float', str: '-inf' };
  if (Number.isNaN(value)) return { __type__: 'float', str: 'nan' };
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, asJson(entry)]));
  }
  return value;
}
