import type { NamedTensor } from '../../../src/checkpoints/safetensors-writer.js';
import { expectedOf, type OwnVector, tensor } from './write.js';

type Grid = readonly [number, number];

/** Tables that are no squares, and of timesteps. */
export function positions(): Record<string, OwnVector> {
  return { position_rectangles: rectangles(), time_sinusoids: sinusoids() };
}

const CHANNELS = 3;
const SIZES: readonly (readonly [Grid, Grid])[] = [
  [
    [3, 5],
    [6, 4],
  ],
  [
    [3, 5],
    [2, 11],
  ],
  [
    [7, 2],
    [3, 2],
  ],
  [
    [1, 4],
    [2, 4],
  ],
];

function rectangles(): OwnVector {
  const tensors = new Map<string, NamedTensor>();
  const tables = [];
  for (const [from, to] of SIZES) {
    const input = `in.grid_${from.join('x')}`;
    const size = from[0] * from[1];
    const data = Float32Array.from({ length: CHANNELS * size }, (_, i) => ((i * 37) % 23) / 8 - 1);
    tensors.set(input, { name: input, dtype: 'F32', shape: [1, CHANNELS, ...from], data });
    for (const table of ['bicubic', 'nearest'] as const) {
      const result = `out.${table}_${from.join('x')}_${to.join('x')}`;
      const [rows, columns] = [weights(table, from[0], to[0]), weights(table, from[1], to[1])];
      const values = new Float32Array(CHANNELS * to[0] * to[1]);
      for (let i = 0; i < values.length; i++) {
        const [channel, y, x] = [Math.floor(i / (to[0] * to[1])), Math.floor(i / to[1]) % to[0], i % to[1]];
        for (let v = 0; v < from[0]; v++) {
          for (let u = 0; u < from[1]; u++) {
            values[i] = values[i]! + rows[y]![v]! * columns[x]![u]! * data[channel * size + v * from[1] + u]!;
          }
        }
      }
      tensors.set(result, { name: result, dtype: 'F32', shape: [1, CHANNELS, ...to], data: values });
      tables.push({ table, result, input, height: to[0], width: to[1] });
    }
  }
  const results = [...tensors.values()].filter(({ name }) => name.startsWith('out.'));
  return {
    kind: 'trans.posemb',
    description: 'tables of positions of grids that are no squares, at other sizes',
    tier: 'core',
    options: { tables },
    tensors: [...tensors.values()],
    tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-5 } },
    expected: {
      tensors: Object.fromEntries(
        results.map(({ name, dtype, shape }) => [name, { dtype, shape, tolerance: 'default' }]),
      ),
    },
    requirements: ['EMB-4', 'DIF-19'],
    flag: 'position-resize',
  };
}

/** How much each row of a table counts for each row of another size, by EMB-4 or DIF-19. */
function weights(table: 'bicubic' | 'nearest', from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, i) => {
    const row = new Array<number>(from).fill(0);
    if (table === 'nearest') {
      row[Math.min(Math.floor(Math.fround(i * Math.fround(from / to))), from - 1)] = 1;
      return row;
    }
    if (from === to) {
      row[i] = 1;
      return row;
    }
    const center = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(center);
    const t = center - first;
    [cubic(t + 1), cubic(t), cubic(1 - t), cubic(2 - t)].forEach((weight, k) => {
      row[Math.min(Math.max(first - 1 + k, 0), from - 1)]! += weight;
    });
    return row;
  });
}

function cubic(x: number, a = -0.75): number {
  return x <= 1 ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 : a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
}

/** DIF-15: the sinusoids that a time embedding is made of. */
function sinusoids(): OwnVector {
  const [timesteps, width] = [[0, 1, 10, 500, 999], 8];
  const half = width / 2;
  const angles = timesteps.flatMap((t) =>
    Array.from({ length: width }, (_, j) => t * Math.exp((-Math.log(10000) * (j % half)) / half)),
  );
  const values = angles.map((angle, at) => (at % width < half ? Math.cos(angle) : Math.sin(angle)));
  const result = tensor('out.timesteps', 'F32', [timesteps.length, width], values);
  return {
    kind: 'trans.posemb',
    description: 'cosines and sines of timesteps',
    tier: 'core',
    options: { tables: [{ table: 'timesteps', result: 'out.timesteps', timesteps, width }] },
    tensors: [result],
    tolerances: { default: { form: 'close', rtol: 1e-5, atol: 1e-4 } },
    expected: { tensors: expectedOf([result], 'default') },
    requirements: ['DIF-15'],
    flag: 'time-embedding',
  };
}
