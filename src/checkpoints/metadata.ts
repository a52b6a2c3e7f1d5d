import { CheckpointError, InvalidInputError } from '../errors.js';
import { quoted } from './safetensors-header.js';
import { type ConfigValue, PythonDate, parseYaml11 } from './yaml11.js';

export { type ConfigValue, PythonDate } from './yaml11.js';

/** Longer strings are never parsed (`MAX_LEN_YAML_PARSE` officially). */
const MAX_PARSED_CHARACTERS = 10_000;

/**
 * The configuration in the metadata of a published checkpoint, where every value was printed with Python's `str`.
 * (`safe_parse_metadata` in the official `fourm/utils/checkpoint.py`.)
 *
 * @throws CheckpointError where the official code would fail: impossible dates and numbers
 */
export function parseConfig(metadata: Readonly<Record<string, string>>): Record<string, ConfigValue> {
  return Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, parseConfigValue(text)]));
}

/**
 * One value of {@link parseConfig}. As officially, "None" becomes "null" wherever it stands, even inside words and quotes;
 * the rest is YAML 1.1 as PyYAML reads it, in which `1e-06` is text; what is not YAML stays the string it was.
 */
export function parseConfigValue(text: string): ConfigValue {
  // A character takes one or two units; only where that matters are they counted.
  if (text.length > 2 * MAX_PARSED_CHARACTERS) return text;
  if (text.length > MAX_PARSED_CHARACTERS && [...text].length > MAX_PARSED_CHARACTERS) return text;
  try {
    return parseYaml11(text.replaceAll('None', 'null'));
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    // The YAML library reads environment variables, which Deno may forbid; this is not an error of the text.
    if (error instanceof Error && error.name === 'NotCapable') {
      throw new CheckpointError(`a configuration cannot be read: ${error.message}`, { cause: error });
    }
    return text;
  }
}

/**
 * A configuration as metadata that the official code, and {@link parseConfig}, read as the same values. It looks as Python
 * would print it, except where that would be misread: text such as `no` is quoted, and 1e-7 gets the point it needs.
 *
 * @throws InvalidInputError if a value is too long to be parsed, or is not a configuration value
 */
export function formatConfig(config: Readonly<Record<string, ConfigValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, formatConfigValue(value, key)]));
}

function formatConfigValue(value: ConfigValue, key: string): string {
  const text = typeof value === 'string' && mayStandBare(value) ? value : format(value, key);
  if (text !== value && text.length > MAX_PARSED_CHARACTERS) {
    throw new InvalidInputError(
      `metadata ${quoted(key)} takes ${text.length} characters; more than ${MAX_PARSED_CHARACTERS} would not be parsed`,
    );
  }
  return text;
}

/** Whether a text is read as itself without quotes: the usual case, a plain word, or a text too long to be parsed. */
function mayStandBare(text: string): boolean {
  if (text.length <= MAX_PARSED_CHARACTERS && !/^\w[\x20-\x7e]*$/.test(text)) return false;
  try {
    return parseConfigValue(text) === text;
  } catch {
    return false;
  }
}

function format(value: ConfigValue, key: string): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return quote(value);
  if (value instanceof PythonDate) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => format(item, key)).join(', ')}]`;
  if (typeof value === 'object') {
    const items = Object.entries(value).map(([name, item]) => `${quote(name)}: ${format(item, key)}`);
    return `{${items.join(', ')}}`;
  }
  throw new InvalidInputError(`metadata ${quoted(key)}: a ${typeof value} is not a configuration value`);
}

/** A number that YAML 1.1 recognises as one: with a point whenever it has an exponent. */
function formatNumber(x: number): string {
  if (Number.isNaN(x)) return '.nan';
  if (!Number.isFinite(x)) return x > 0 ? '.inf' : '-.inf';
  if (Object.is(x, -0)) return '-0.0';
  return String(x).replace(/^(-?\d)e/, '$1.0e');
}

/** Single quotes, as Python prints; double quotes and escapes for what single quotes cannot hold, "None" included. */
function quote(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !/'|None/.test(text)) return `'${text}'`;
  const escaped = text.replace(/["\\]|[^\x20-\x7e]|N(?=one)/gu, (char) => {
    const code = char.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
