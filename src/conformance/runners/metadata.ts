import { type ConfigValue, PythonDate, parseConfigValue } from '../../checkpoints/metadata.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';

/** `ckpt.metadata`: what a string of a checkpoint's header means. */
export function metadata(reference: ConformanceCase, compare: Comparison): void {
  const strings = reference.json() as { raw: string | { repeat: string; times: number }; parsed: unknown }[];
  strings.forEach((entry, i) => {
    const { raw, parsed } = entry;
    compare.entry(`[${i}]`, entry, ['raw', 'parsed']);
    const text = typeof raw === 'string' ? raw : raw.repeat.repeat(raw.times);
    compare.value(
      `[${i}] ${JSON.stringify(raw)}`,
      asJson(parseConfigValue(text)),
      parsed === 'SAME AS RAW' ? text : parsed,
    );
  });
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
