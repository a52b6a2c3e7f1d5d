import { FourMError, InvalidInputError } from '../../src/errors.js';
import { compare, type Difference } from './comparison.js';
import { globPattern } from './json-pointer.js';
import type { Implementation, Reply, Task } from './results.js';
import type { Check, Flag, Vector } from './vector.js';

/** Outcome of a vector. `errored`: the implementation failed, or violated the protocol. */
export type Status = 'pass' | 'fail' | 'skip' | 'errored';

/** The outcome of a vector. */
export interface Outcome {
  readonly name: string;
  readonly kind: string;
  readonly tier: string;
  readonly status: Status;
  /** The reason for not passing, in one line. */
  readonly reason?: string;
  /** Results that differ, in the order of the vector. Later ones may follow from the first. */
  readonly differences: readonly Difference[];
  /** The requirements and flags that the first of them checks. */
  readonly requirements: readonly string[];
  readonly flags: readonly Flag[];
  readonly flagsByRequirement: Readonly<Record<string, readonly Flag[]>>;
  /** For each requirement checked before the first difference, the number of correct results. */
  readonly right: Readonly<Record<string, number>>;
  readonly compared: number;
  readonly worst?: { readonly result: string; readonly absolute: number; readonly relative: number };
  readonly milliseconds?: number;
}

/** The part of a vector that an implementation receives. */
export function taskOf(vector: Vector): Task {
  const { about } = vector;
  return {
    kind: about.kind,
    options: vector.options,
    ...(about.document && { document: vector.document }),
    tensors: new Map(Object.entries(about.inputs).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    read: (name) => {
      const entry = about.inputs[name];
      if (!entry) throw new InvalidInputError(`${vector.name} has no input ${name}`);
      return vector.tensor(name, entry);
    },
    files: Object.fromEntries(Object.entries(about.files ?? {}).map(([name, file]) => [name, vector.path(file)])),
    results: new Map(vector.expected.map((e) => [e.name, e.kind === 'tensor' ? e.entry.dtype : undefined])),
  };
}

/** Runs a vector and compares all results. Errors become outcomes of the vector. */
export async function runVector(
  vector: Vector,
  implementation: Implementation,
  signal?: AbortSignal,
): Promise<Outcome> {
  try {
    return judge(vector, await implementation.run(taskOf(vector), signal));
  } catch (error) {
    if (signal?.aborted) throw error;
    const text = error instanceof Error ? error.message : String(error);
    return ended(vector, 'errored', error instanceof FourMError ? text : `broke: ${text}`);
  } finally {
    vector.forget();
  }
}

function ended(vector: Vector, status: Status, reason: string): Outcome {
  const { name, about } = vector;
  const line = reason.replaceAll(/\s*\n\s*/g, ' ');
  const [kind, tier] = [about.kind, about.tier];
  const checks = about.checks;
  return {
    ...{ name, kind, tier, status, reason: line.length > 500 ? `${line.slice(0, 500)}…` : line, differences: [] },
    requirements: status === 'skip' ? [] : [...new Set(checks.flatMap((check) => check.requirements))],
    flags: [],
    flagsByRequirement: {},
    right: {},
    compared: 0,
  };
}

/** Compares a reply with a vector. */
export function judge(vector: Vector, reply: Reply): Outcome {
  if ('skipped' in reply) return ended(vector, 'skip', reply.skipped);
  if ('errored' in reply) return ended(vector, 'errored', reply.errored);
  const { about, expected } = vector;
  const byName = new Map(expected.map((entry) => [entry.name, entry]));
  const other = (name: string): ArrayLike<number> => {
    const result = byName.get(name);
    if (result?.kind === 'tensor') return result.read() as Float32Array;
    const input = about.inputs[name];
    if (input) return vector.tensor(name, input) as Float32Array;
    throw new InvalidInputError(`${vector.name} has no tensor ${name}, which a tolerance names`);
  };
  const checksOf = checksByResult(about.checks);
  const differences: Difference[] = [];
  const right: Record<string, number> = {};
  let worst: Outcome['worst'];
  for (const entry of expected) {
    const { difference, absolute, relative } = compare(entry, reply.results.get(entry.name), other);
    if (absolute > (worst?.absolute ?? 0)) worst = { result: entry.name, absolute, relative };
    if (difference) differences.push(difference);
    else if (differences.length === 0) {
      for (const { requirements } of checksOf(entry.name)) {
        for (const id of requirements) right[id] = (right[id] ?? 0) + 1;
      }
    }
  }
  const unasked = [...reply.results.keys()].find((name) => !byName.has(name));
  if (unasked !== undefined) differences.push({ result: unasked, message: 'was not asked for' });
  if (expected.length === 0) return ended(vector, 'fail', 'the vector expects nothing');
  const [first] = differences;
  const checks = first ? checksOf(first.result) : [];
  const flags = [...new Set(checks.flatMap((check) => check.flags))].flatMap((name) => about.flags[name] ?? []);
  return {
    name: vector.name,
    kind: about.kind,
    tier: about.tier,
    status: first ? 'fail' : 'pass',
    ...(first && { reason: `${first.result} ${first.message}` }),
    differences,
    requirements: [...new Set(checks.flatMap((check) => check.requirements))],
    flags,
    flagsByRequirement: Object.fromEntries(
      checks.flatMap((check) =>
        check.requirements.map((id) => [id, check.flags.flatMap((name) => about.flags[name] ?? [])]),
      ),
    ),
    right,
    compared: expected.length,
    ...(worst && { worst }),
  };
}

function checksByResult(checks: readonly Check[]): (name: string) => Check[] {
  const all = checks.map((check) => ({ check, patterns: check.results.map((glob) => globPattern(glob)) }));
  return (name) =>
    all.filter(({ patterns }) => patterns.some((pattern) => pattern.test(name))).map(({ check }) => check);
}
