import * as v from 'valibot';
import { type ConfigValue, PythonDate, parseConfigValue } from '../../../../src/checkpoints/metadata.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const raw = v.union([v.string(), v.strictObject({ repeat: v.string(), times: v.number() })]);

const schema = v.array(v.object({ raw }));

/** `ckpt.metadata`: the value of a string in a checkpoint's header. */
export function metadata(task: Inputs, out: Outputs): void {
  optionsOf(schema, task.json(), 'data.json').forEach(({ raw }, i) => {
    const text = typeof raw === 'string' ? raw : raw.repeat.repeat(raw.times);
    out.attempt(`/${i}/parsed`, () => asJson(parseConfigValue(text)));
  });
}

/** The cases' notation of values that JSON does not have. */
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
