import { type Document, parseDocument, type ScalarTag, visit } from 'yaml';
import { CheckpointError } from '../errors.js';

/** A date or time in a configuration, as the text Python prints for it. No published configuration holds one. */
export class PythonDate {
  constructor(
    readonly type: 'date' | 'datetime',
    readonly text: string,
  ) {}
}

/** Everything a configuration can hold. */
export type ConfigValue =
  | null
  | boolean
  | number
  | string
  | PythonDate
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/**
 * Parses YAML 1.1 with the words and numbers that PyYAML recognises, which are neither those of the YAML 1.1 standard nor
 * those of YAML 1.2: `1e5` is text, `1.0e+5` a number; `on` is true, `y` text; `010` is 8, `12:30` is 750.
 *
 * @throws Error of any kind if PyYAML would call the text malformed
 * @throws CheckpointError if PyYAML itself would break on it: a date such as 2024-02-31, or `0x_`
 */
export function parseYaml11(source: string): ConfigValue {
  if (UNPRINTABLE.test(source) || STRAY_MARK.test(source)) throw new Error('not YAML');
  const text = source.replaceAll(/\r\n?|\x85/g, '\n');
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    customTags: SCALARS,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw problem;
  if (!/[\n\u2028\u2029]$/.test(text)) endWithoutBreak(document, text.length);
  return plain(document.toJS({ mapAsMap: true }));
}

/** A block at the very end of a text that has no line break there: the library gives it one, PyYAML does not. */
function endWithoutBreak(document: Document, end: number): void {
  visit(document, {
    Scalar(_, node) {
      if (node.type?.startsWith('BLOCK_') && node.range?.[1] === end)
        node.value = String(node.value).replace(/\n$/, '');
    },
  });
}

/** A scalar that PyYAML recognises by its form and then fails to convert. Thrown only once the whole text is known to be YAML. */
class Broken {
  constructor(readonly problem: string) {}
}

/** YAML 1.1 gives `=` a type of its own, and PyYAML has no value for it. */
const MEANINGLESS = Symbol('=');

const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Texts that the library accepts and PyYAML does not: a tab first, an entry without a key, an end without a document. */
const STRAY_MARK = /^[ \r\n]*(?:\t|:(?:\s|$)|\.\.\.(?:\s|$))/;

const TAG = 'tag:yaml.org,2002:';

const SCALARS: ScalarTag[] = [
  scalar('value', /^=$/, () => MEANINGLESS),
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar(
    'int',
    /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
    parseInteger,
  ),
  scalar(
    'float',
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    parseFloatingPoint,
  ),
  scalar('timestamp', /^\d{4}-\d\d-\d\d$/, parseDate),
  scalar(
    'timestamp',
    /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?$/,
    parseDateTime,
  ),
];

function scalar(name: string, test: RegExp, value: (text: string, test: RegExp) => unknown): ScalarTag {
  return { tag: TAG + name, default: true, test, resolve: (text) => value(text, test) };
}

function parseInteger(text: string): number | Broken {
  const { sign, digits } = unsigned(text);
  if (digits.includes(':')) return sign * sexagesimal(digits);
  const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits || 'none');
  if (Number.isNaN(number)) return new Broken(`${text} is not a number`);
  return number === 0 ? 0 : sign * number;
}

function parseFloatingPoint(text: string): number {
  const { sign, digits } = unsigned(text.toLowerCase());
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  return sign * (digits.includes(':') ? sexagesimal(digits) : Number(digits));
}

function unsigned(text: string): { sign: number; digits: string } {
  return { sign: text.startsWith('-') ? -1 : 1, digits: text.replace(/^[-+]/, '').replaceAll('_', '') };
}

function sexagesimal(digits: string): number {
  return digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}

function parseDate(text: string): PythonDate | Broken {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return isDate(year, month, day) ? new PythonDate('date', text) : new Broken(`${text} is not a date`);
}

function parseDateTime(text: string, pattern: RegExp): PythonDate | Broken {
  const [, year, month, day, hour, minute, second, fraction = '', zone, zoneSign, zoneHour, zoneMinute] = pattern.exec(
    text,
  ) as unknown as string[];
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && Number(zoneHour ?? 0) < 24;
  if (!isTime || !isDate(Number(year), Number(month), Number(day))) return new Broken(`${text} is not a date`);
  const two = (part = '0') => part.padStart(2, '0');
  const microseconds = fraction.slice(0, 6).padEnd(6, '0');
  return new PythonDate(
    'datetime',
    `${year}-${two(month)}-${two(day)} ${two(hour)}:${minute}:${second}` +
      (Number(microseconds) === 0 ? '' : `.${microseconds}`) +
      (zone === undefined ? '' : `${zoneSign ?? '+'}${two(zoneHour)}:${two(zoneMinute)}`),
  );
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Maps to objects, with the keys that JSON would give them. */
function plain(value: unknown): ConfigValue {
  if (value instanceof Broken) throw new CheckpointError(`metadata: ${value.problem}`);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [plainKey(key), plain(item)]));
  if (value === MEANINGLESS) throw new Error('a scalar without a meaning');
  return value as ConfigValue;
}

function plainKey(key: unknown): string {
  if (Array.isArray(key) || key instanceof Map) throw new Error('a list or mapping as a key');
  const value = plain(key);
  return value instanceof PythonDate ? value.text : String(value);
}
