import type { OwnVector } from './write.js';

/** Strings of people and of instances that are not well-formed, and of facts that need no bins. */
export function strings(): Record<string, OwnVector> {
  return { pose_strings: poses(), sam_strings: instances(), metadata_counts: counts() };
}

const word = (letter: number, n: number) => `v${letter}=${n}`;
const BOX = [100, 200, 300, 450];
const POSE = [word(0, 7), word(1, 511), word(1, 0), word(0, 511), word(2, 5), word(3, 999), word(0, 0), word(1, 1)];
/** MOD-17: of the official words of `pose`, `v1` alone begins at 512. */
const IDS = [7, 1023, 512, 511, 5, 999, 0, 513];
const GLOBAL = [0, 999, 500, 499, 250, 750, 1, 998, 333];
const CAMERA = [0, 999, 50];
const SHAPE = [0, 999, 500, 499, 166, 833, 1, 998, 333, 666];

function person(shape = SHAPE.map((n) => word(0, n)), first = 'human'): string {
  const components = [
    ['pose', ...POSE],
    ['global', ...GLOBAL.map((n) => word(0, n))],
    ['camera', ...CAMERA.map((n) => word(0, n))],
    ['shape', ...shape],
  ];
  return `${[first, ...BOX.map((n, axis) => word(axis, n)), ...components.flat()].join(' ')} `;
}

/** MOD-17. */
function read(): object {
  const scaled = (list: readonly number[], offset: number, scale: number) =>
    list.map((n) => Math.fround((n - offset) / scale));
  const turn = scaled(GLOBAL, 499.5, 499.5);
  const box = BOX.map((n) => Math.fround((n / 999) * 224));
  const centre = [0, 1].map((axis) => Math.fround((box[axis]! + box[axis + 2]!) / 2));
  return {
    pose_ids: IDS,
    pose_ids_shape: [1, 8, 1, 1],
    betas: [scaled(SHAPE, 499.5, 166.5)],
    global_orient: [[[turn.slice(0, 3), turn.slice(3, 6), turn.slice(6)]]],
    global_orient_shape: [1, 1, 3, 3],
    body_pose_shape: [1, 23, 3, 3],
    pred_cam: [scaled(CAMERA, 49.95, 49.95)],
    bbox_xyxy_224: box,
    box_center: [centre],
    box_size: 2 * Math.max(...centre.map((middle, axis) => middle - box[axis]!)),
  };
}

function poses(): OwnVector {
  const beyond = (n: number) => person([word(0, n), ...SHAPE.slice(1).map((other) => word(0, other))]);
  const cases: readonly (readonly [string, number])[] = [
    [person(), 1],
    [person() + person(), 2],
    // Four words for one, and three: what follows is not read.
    [beyond(-25) + person(), 0],
    [beyond(1028) + person(), 0],
    [person() + beyond(-25), 1],
    [`${person()}[PAD] ${person()}`, 1],
    [`${person()}[EOS] ${person()}`, 2],
    [person(undefined, 'dog'), 1],
    [person().replace('camera', 'shape'), 0],
    [person() + person().split(' ').slice(0, 38).join(' '), 1],
  ];
  return {
    kind: 'trans.pose',
    description: 'strings of people with surplus, missing and unknown words',
    tier: 'core',
    options: {},
    data: {
      build: [],
      parse: cases.map(([string, count]) => ({ string, instances: Array.from({ length: count }, read) })),
      empty: { empty_instances_string: 'none', empty_only_pose_sum: 0 },
    },
    tolerances: { default: { form: 'close', rtol: 1e-6, atol: 1e-5 } },
    expected: {
      values: [{ results: '/parse/*/instances', tolerance: 'default' }, { results: '/empty/empty_instances_string' }],
    },
    checks: [
      { results: ['/parse/*'], requirements: ['MOD-17', 'MOD-14'], flags: ['text-parse'] },
      { results: ['/empty/*'], requirements: ['MOD-15'], flags: ['text-parse'] },
    ],
  };
}

const MASK = [0, 511, 512, 1023, 1, 2, 3, 4, 600, 601, 602, 603, 9, 8, 7, 6];

function polygon(box: readonly number[], mask: readonly string[]): string {
  return ['point v0=9 v1=9 polygon', ...box.map((n, axis) => word(axis, n)), ...mask].join(' ');
}

function instances(): OwnVector {
  const mask = MASK.map((id) => (id < 512 ? word(0, id) : word(1, id - 512)));
  // MOD-4: whatever is not v0 begins at 512.
  const others = MASK.map((id) => (id < 512 ? word(0, id) : word(2, id - 512)));
  const [small, wide, high] = [
    [1, 1, 3, 3],
    [10, 20, 40, 60],
    [10, 20, 30, 80],
  ] as const;
  const cases: readonly (readonly [string, readonly (readonly number[])[]])[] = [
    // The largest first; of equal ones in their order.
    [[small, wide, high].map((box) => polygon(box, mask)).join(' '), [wide, high, small]],
    [polygon(small, others), [small]],
    [polygon(small, [...mask.slice(0, 4), '[PAD]', ...mask.slice(4)]), []],
    [polygon(small, [...mask.slice(1), word(1, 512)]), []],
    [polygon([3, 1, 3, 3], mask), []],
    [`${polygon(small, mask)} [EOS]`, [small]],
  ];
  return {
    kind: 'trans.sam',
    description: 'strings of instances with surplus and unknown words',
    tier: 'core',
    options: { grid_image_size: 224 },
    data: {
      grid_points_per_side: 7,
      build: [],
      parse: cases.map(([string, boxes]) => ({
        string,
        tokens: boxes.map(() => [0, 4, 8, 12].map((k) => MASK.slice(k, k + 4))),
        bboxes: boxes.map(([xmin, ymin, xmax, ymax]) => [ymin, xmin, ymax, xmax]),
        no_valid_instance: boxes.length === 0,
      })),
    },
    expected: { values: ['tokens', 'bboxes', 'no_valid_instance'].map((name) => ({ results: `/parse/*/${name}` })) },
    requirements: ['MOD-20', 'MOD-4'],
    flag: 'text-parse',
  };
}

/** Counts, which stand as they are. */
function counts(): OwnVector {
  const words = { n_humans: 'v1=5 v0=3', caption_n_words: 'v1=3 v0=12', semantic_diversity: 'v1=16 v0=0' };
  const metadata = { n_humans: 3, caption_n_words: 12, semantic_diversity: 0 };
  const chunks = Object.values(words);
  return {
    kind: 'trans.metadata',
    description: 'metadata that are counts, without bins',
    tier: 'core',
    options: {},
    data: { build: [{ metadata, string: chunks.join(' '), chunks }], decode: [] },
    expected: { values: ['string', 'chunks'].map((name) => ({ results: `/build/0/${name}` })) },
    requirements: ['MOD-9'],
    flag: 'text-value-order',
  };
}
