/** A second, slow reader of safetensors: each rule of the format by itself, in exact arithmetic. */
import { isUtf8 } from 'node:buffer';

/** A tensor: type, sizes, and its values as text. */
export interface OracleTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly string[];
}

export interface OracleFile {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, OracleTensor>;
}

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

const BYTES: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** Contents of a file; undefined if it is not valid. */
export function readSlowly(file: Uint8Array): OracleFile | undefined {
  if (file.length < 8) return undefined;
  const announced = file.subarray(0, 8).reduce((sum, byte, i) => sum + (BigInt(byte) << BigInt(8 * i)), 0n);
  if (announced > BigInt(file.length) - 8n) return undefined;
  const header = parse(file.slice(8, 8 + Number(announced)));
  if (!header) return undefined;
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== 'string')) return undefined;
  const data = file.slice(8 + Number(announced));
  const list = Object.entries(entries);
  if (
    !list.every(([, entry]) => isEntry(entry)) ||
    !fills(
      list.map(([, e]) => e as Entry),
      data.length,
    )
  )
    return undefined;
  return {
    metadata: metadata as Record<string, string>,
    tensors: new Map(list.map(([name, entry]) => [name, tensorOf(entry as Entry, data)])),
  };
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes).toString();
  if (text[0] !== '{') return undefined;
  try {
    const header = JSON.parse(text) as Record<string, unknown>;
    // Twice the same key, or a number in another notation: then it is not what its own text would be.
    const [own, other] = [text, JSON.stringify(header)].map((json) => tokens(json).sort().join('\n'));
    if (own !== other || /\\u[dD][89a-fA-F]/.test(JSON.stringify(header))) return undefined;
    const keys = [header, header.__metadata__ ?? {}].flatMap((object) => Object.keys(object as object));
    return keys.includes('__proto__') ? undefined : header;
  } catch {
    return undefined;
  }
}

/** Strings, in one notation, and everything between them. */
function tokens(json: string): string[] {
  const found = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  return found.map((token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token));
}

function isEntry(entry: unknown): boolean {
  if (!isObject(entry) || Object.keys(entry).sort().join() !== 'data_offsets,dtype,shape') return false;
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const sizes = [shape, offsets].every(
    (list) => Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0),
  );
  if (typeof dtype !== 'string' || !Object.keys(BYTES).includes(dtype) || !sizes) return false;
  if ((offsets as number[]).length !== 2 || (shape as number[]).length > 64) return false;
  let count = 1n;
  for (const size of shape as number[]) {
    count *= BigInt(size);
    if (count >= 2n ** 53n) return false;
  }
  const [begin, end] = (offsets as [number, number]).map(BigInt) as [bigint, bigint];
  return end - begin === count * BigInt(BYTES[dtype]!);
}

/** Whether every byte is in one tensor, and no empty tensor lies inside of another. */
function fills(entries: readonly Entry[], size: number): boolean {
  const owners = new Uint8Array(size);
  for (const {
    data_offsets: [begin, end],
  } of entries) {
    if (end > size) return false;
    for (let at = begin; at < end; at++) if (owners[at]++) return false;
  }
  const inside = (at: number) => entries.some(({ data_offsets: [begin, end] }) => begin < at && at < end);
  return (
    owners.every((n) => n === 1) && !entries.some(({ data_offsets: [begin, end] }) => begin === end && inside(begin))
  );
}

function tensorOf({ dtype, shape, data_offsets: [begin, end] }: Entry, data: Uint8Array): OracleTensor {
  const width = BYTES[dtype]!;
  const values: string[] = [];
  for (let at = begin; at < end; at += width) values.push(numberText(dtype, data.slice(at, at + width)));
  return { dtype, shape, values };
}

function numberText(dtype: string, bytes: Uint8Array): string {
  const bits = bytes.reduce((sum, byte, i) => sum + (BigInt(byte) << BigInt(8 * i)), 0n);
  const width = BigInt(8 * bytes.length);
  if (/^(U|BOOL)/.test(dtype)) return String(bits);
  if (dtype.startsWith('I')) return String(BigInt.asIntN(Number(width), bits));
  const exponent = { F64: 11n, F32: 8n, BF16: 8n, F16: 5n }[dtype]!;
  const mantissa = width - 1n - exponent;
  const e = Number((bits >> mantissa) & ((1n << exponent) - 1n));
  const m = Number(bits & ((1n << mantissa) - 1n)) / 2 ** Number(mantissa);
  const bias = 2 ** (Number(exponent) - 1) - 1;
  const sign = bits >> (width - 1n) ? -1 : 1;
  if (e === 2 * bias + 1) return text(m ? Number.NaN : sign * Number.POSITIVE_INFINITY);
  // In two steps: 2 ** -1074 is a number, 2 ** -1022 of a small fraction has to become one.
  return text(e === 0 ? sign * m * 2 ** (1 - bias) : sign * (1 + m) * 2 ** (e - bias));
}

/** A number as text, -0 apart from 0. */
export function text(x: number | bigint): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
