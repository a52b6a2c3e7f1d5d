/**
 * Winograd's minimal filtering F(2×2, 3×3) for 3×3 convolutions: 16 multiplications instead of 36 for four outputs. Each tile
 * of 4×4 pixels, which overlaps its neighbours by two rows and columns, and the filter are transformed to 16 sums each; their
 * products, summed over channels, are transformed to 2×2 outputs.
 * (Lavin and Gray, arXiv 1509.09308.)
 *
 * The sums are stored in 16 planes (matrices), `planeBytes` apart.
 */
import { func, i32s, loop, type NewLocal, repeatWhile, setMultiples, when } from './assembler.js';
import { type Code, f32x4, i32 } from './instructions.js';
import { PANEL_BYTES } from './lay-out.js';

/** Sums of a tile or of a filter, and their number along a side. */
export const [SUMS, SIDE] = [16, 4] as const;
/** Outputs along the side of a tile. */
export const TILE_OUTPUTS = 2;

type Values = readonly Code[];

/** A constant matrix times columns of values, written as sums of its rows. */
type Sums = (values: Values) => Values;

const ofInputs: Sums = ([a, b, c, d]) => [f32x4.sub(a!, c!), f32x4.add(b!, c!), f32x4.sub(c!, b!), f32x4.sub(b!, d!)];
const ofFilters: Sums = ([a, b, c]) => {
  const half = (value: Code) => f32x4.mul(value, f32x4.const(0.5));
  const outer = f32x4.add(a!, c!);
  return [a!, half(f32x4.add(outer, b!)), half(f32x4.sub(outer, b!)), c!];
};
const ofOutputs: Sums = ([a, b, c, d]) => [f32x4.add(f32x4.add(a!, b!), c!), f32x4.sub(f32x4.sub(b!, c!), d!)];

/**
 * Sums down every column, and then across every row.
 *
 * @param columns values, column by column
 * @param use     takes what comes out, row by row
 */
function bothWays(
  local: NewLocal,
  sums: Sums,
  columns: readonly Values[],
  use: (rows: readonly Values[]) => Code[],
): Code[] {
  const name = (values: Values): { set: Code[]; get: Values } => {
    const locals = local('v128', values.length);
    return { set: locals.map((each, i) => each.set(values[i]!)), get: locals.map((each) => each.get) };
  };
  const given = columns.map(name);
  const down = given.map(({ get }) => name(sums(get)));
  const rows = down[0]!.get.map((_, row) => sums(down.map(({ get }) => get[row]!)));
  return [...given.flatMap(({ set }, i) => [...set, ...down[i]!.set]), ...use(rows)];
}

/**
 * Sums of a row of tiles.
 *
 * tileInputs(x, rowBytes, pixelBytes, tiles, planes, planeBytes): x is the first pixel of four rows, of a multiple of four channels
 */
export const tileInputs = func('tileInputs', i32s(6), (p, local) => {
  const [x, rowBytes, pixelBytes, tiles, planes, planeBytes] = p;
  const [tile, end, to] = local('i32', 3);
  const rows = local('i32', SIDE);
  const pixels = local('i32', SIDE);
  const columns = pixels.map((pixel) => rows.map((row) => f32x4.load(i32.add(row.get, pixel.get))));
  return [
    ...setMultiples(pixels, i32.const(0), pixelBytes.get),
    loop(
      tile,
      i32.const(0),
      tiles.get,
      1,
      end.set(i32.add(x.get, pixelBytes.get)),
      repeatWhile(
        i32.lt(x.get, end.get),
        ...setMultiples(rows, x.get, rowBytes.get),
        to.set(planes.get),
        ...bothWays(local, ofInputs, columns, (sums) =>
          sums.flat().flatMap((sum) => [f32x4.store(to.get, sum), to.advance(planeBytes.get)]),
        ),
        x.advance(16),
        planes.advance(16),
      ),
      x.advance(pixelBytes.get),
    ),
  ];
});

/**
 * Sums of filters, laid out for products: each plane has panels as `layOut` makes them.
 *
 * tileFilters(filters, columnBytes, C, N, planes, planeBytes): filters are [C, 3, 3, …], of which the first N outputs are taken, a multiple
 * of 8, and `columnBytes` is how far positions are apart
 */
export const tileFilters = func('tileFilters', i32s(6), (p, local) => {
  const [filters, columnBytes, c, n, planes, planeBytes] = p;
  const [channel, panel, at, to] = local('i32', 4);
  const positions = local('i32', 9);
  const half = (offset: 0 | 16): Code[] => [
    to.set(panel.get),
    ...bothWays(
      local,
      ofFilters,
      [0, 1, 2].map((x) => [0, 1, 2].map((y) => f32x4.load(i32.add(positions[3 * y + x]!.get, at.get), offset))),
      (sums) => sums.flat().flatMap((sum) => [f32x4.store(to.get, sum, offset), to.advance(planeBytes.get)]),
    ),
  ];
  return [
    loop(
      channel,
      i32.const(0),
      c.get,
      1,
      ...setMultiples(positions, filters.get, columnBytes.get),
      panel.set(i32.add(planes.get, i32.mul(channel.get, i32.const(PANEL_BYTES)))),
      loop(
        at,
        i32.const(0),
        i32.shl(n.get, 2),
        PANEL_BYTES,
        ...half(0),
        ...half(16),
        panel.advance(i32.mul(c.get, i32.const(PANEL_BYTES))),
      ),
      filters.set(i32.add(positions[8]!.get, columnBytes.get)),
    ),
  ];
});

/**
 * Outputs of a row of tiles.
 *
 * tileOutputs(planes, planeBytes, N, bias, out, rowBytes, pixelBytes, width, rows): N outputs of a tile lie one behind the other in
 * planes, a multiple of four; `width` pixels and one or two rows are in the picture
 */
export const tileOutputs = func('tileOutputs', i32s(9), (p, local) => {
  const [planes, planeBytes, n, bias, out, rowBytes, pixelBytes, width, rows] = p;
  const [column, at, target] = local('i32', 3);
  const from = local('i32', SUMS);
  const columns = [0, 1, 2, 3].map((x) => [0, 1, 2, 3].map((y) => f32x4.load(from[SIDE * y + x]!.get)));
  const shift = local('v128');
  const made = local('v128', 4);
  const store = (i: number): Code => f32x4.store(target.get, f32x4.add(made[i]!.get, shift.get));
  const hasRight = i32.lt(i32.add(column.get, i32.const(1)), width.get);
  const row = (left: number, right: number): Code[] => [
    store(left),
    when(hasRight, target.advance(pixelBytes.get), store(right), target.advance(i32.sub(i32.const(0), pixelBytes.get))),
  ];
  return [
    loop(
      column,
      i32.const(0),
      width.get,
      TILE_OUTPUTS,
      loop(
        at,
        i32.const(0),
        i32.shl(n.get, 2),
        16,
        ...setMultiples(from, planes.get, planeBytes.get),
        shift.set(f32x4.load(i32.add(bias.get, at.get))),
        ...bothWays(local, ofOutputs, columns, (sums) => made.map((each, i) => each.set(sums.flat()[i]!))),
        target.set(i32.add(out.get, at.get)),
        ...row(0, 1),
        when(i32.lt(i32.const(1), rows.get), target.advance(rowBytes.get), ...row(2, 3)),
        planes.advance(16),
      ),
      out.advance(i32.shl(pixelBytes.get, 1)),
    ),
  ];
});
