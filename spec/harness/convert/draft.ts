import type { Dtype } from '../../../src/checkpoints/dtypes.js';
import { InvalidInputError } from '../../../src/errors.js';
import { escapeStep, pointersOf } from '../json-pointer.js';
import type { Tolerance } from '../tolerance.js';
import type { ExpectedTensor, ExpectedValues, TensorEntry } from '../vector.js';
import type { LegacyCase } from './legacy-case.js';

/** For cases that describe their numbers as double-precision arithmetic. */
const DOUBLE: Tolerance = { form: 'close', rtol: 1e-9, atol: 1e-12 };

/** A vector under construction, from a case of the old format. */
export class Draft {
  readonly source: LegacyCase;
  readonly options: Record<string, unknown> = {};
  readonly files: Record<string, string> = {};
  readonly inputs: Record<string, TensorEntry> = {};
  readonly tensors: Record<string, ExpectedTensor> = {};
  readonly values: ExpectedValues[] = [];
  readonly #tolerances = new Map<string, Tolerance>();
  needsVocabulary = false;

  /** Copies all tensors: inputs `in.*`, and results `out.*`, whose floating-point numbers get the tolerance of the case. */
  constructor(source: LegacyCase) {
    this.source = source;
    const { config, expected, tolerance } = source.about;
    if (Object.keys(config ?? {}).length > 0) this.options.config = config;
    const { rtol, atol } = tolerance ?? {};
    this.#tolerances.set(
      'default',
      typeof rtol === 'number' && typeof atol === 'number' ? { form: 'close', rtol, atol } : DOUBLE,
    );
    for (const name of source.tensorNames) {
      const stored = source.safetensors().tensors.get(name)!;
      // The compressed mask has counts, which some cases store as bytes.
      const isCounts = name.endsWith('.decoder_attention_mask') && name !== 'out.decoder_attention_mask';
      const dtype: Dtype = isCounts ? 'I32' : (stored.dtype as Dtype);
      const entry = { dtype, shape: stored.shape };
      if (name.startsWith('in.')) this.inputs[name] = entry;
      else if (name.startsWith('out.'))
        this.tensors[name] = floating(dtype) ? { ...entry, tolerance: 'default' } : entry;
    }
    // A result that the case announces but its file lacks always fails.
    for (const [name, { shape, dtype }] of Object.entries(expected ?? {})) {
      if (name.startsWith('out.')) this.tensors[name] ??= { dtype: (dtype ?? 'F32') as Dtype, shape };
    }
    if (source.has('model.safetensors')) this.files.checkpoint = 'model.safetensors';
  }

  /** Copies fields of `case.json`, if present, to the options. */
  take(...fields: string[]): this {
    for (const field of fields) {
      const value = this.source.about[field];
      if (value !== undefined) this.options[field] = value;
    }
    return this;
  }

  /** The name of a tolerance. */
  tolerance(tolerance: Tolerance): string {
    for (const [name, known] of this.#tolerances) if (JSON.stringify(known) === JSON.stringify(tolerance)) return name;
    const name = `${tolerance.form}-${this.#tolerances.size}`;
    this.#tolerances.set(name, tolerance);
    return name;
  }

  within(atol: number, rtol = 0): string {
    return this.tolerance({ form: 'close', rtol, atol });
  }

  /** The tolerances in use. */
  get tolerances(): Record<string, Tolerance> {
    const used = new Set([...Object.values(this.tensors), ...this.values].map(({ tolerance }) => tolerance));
    return Object.fromEntries([...this.#tolerances].filter(([name]) => used.has(name)));
  }

  /** The value of a field of `case.json` that the kind needs. @throws InvalidInputError if it is missing */
  field<T>(name: string): T {
    const value = this.source.about[name];
    if (value === undefined) throw new InvalidInputError(`${this.source.name}/case.json has no "${name}"`);
    return value as T;
  }

  /** Sets the tolerance of tensors. */
  hold(names: RegExp, tolerance: string | undefined): this {
    for (const [name, { tolerance: _, ...entry }] of Object.entries(this.tensors)) {
      if (names.test(name)) this.tensors[name] = tolerance === undefined ? entry : { ...entry, tolerance };
    }
    return this;
  }

  /** Sorts the tensor results into the order of computation; the others follow in their old order. */
  order(names: readonly string[]): this {
    const entries = { ...this.tensors };
    for (const name of Object.keys(this.tensors)) delete this.tensors[name];
    for (const name of [...names, ...Object.keys(entries)]) {
      if (entries[name]) this.tensors[name] ??= entries[name];
    }
    return this;
  }

  /** Adds a rule for values. */
  expect(results: string, tolerance?: string, rest: Omit<ExpectedValues, 'results' | 'tolerance'> = {}): this {
    this.values.push({ results, ...rest, ...(tolerance !== undefined && { tolerance }) });
    return this;
  }

  /**
   * Adds rules for the fields of entries of `data.json`.
   *
   * @param pattern  the entries
   * @param inputs   their fields that are inputs, or without meaning
   * @param results  their other fields, with their tolerances
   * @throws InvalidInputError for an entry with another field, or without a result
   */
  entries(pattern: string, inputs: readonly string[], results: Readonly<Record<string, string | undefined>>): this {
    const known = (field: string) => inputs.includes(field) || Object.hasOwn(results, field);
    for (const { pointer, value } of pointersOf(this.source.data, pattern)) {
      if (typeof value !== 'object' || value === null) continue;
      const fields = Object.keys(value);
      const strange = fields.find((field) => !known(field));
      if (strange !== undefined) {
        throw new InvalidInputError(`${this.source.name}: ${pointer}/${escapeStep(strange)} is not known`);
      }
      if (!fields.some((field) => Object.hasOwn(results, field))) {
        throw new InvalidInputError(`${this.source.name}: ${pointer || 'data.json'} has no result`);
      }
    }
    for (const [field, tolerance] of Object.entries(results)) this.expect(`${pattern}/${escapeStep(field)}`, tolerance);
    return this;
  }

  /** Another name under which a tensor of the file is an input. */
  alias(name: string, tensor: string): this {
    const stored = this.source.safetensors().tensors.get(tensor);
    if (!stored) throw new InvalidInputError(`${this.source.name} has no tensor ${tensor}`);
    this.inputs[name] = { dtype: stored.dtype as Dtype, shape: stored.shape, tensor };
    return this;
  }

  /** Another result that must be the same as a tensor of the file. */
  same(name: string, tensor: string, tolerance?: string): this {
    const { dtype, shape } = this.source.safetensors().tensors.get(tensor)!;
    this.tensors[name] = { dtype: dtype as Dtype, shape, tensor, ...(tolerance !== undefined && { tolerance }) };
    return this;
  }
}

export function floating(dtype: string): boolean {
  return /^B?F\d/.test(dtype);
}
