/** Cases of pictures: files, sizes, colours, edges and statistics. */
import type { Tolerance } from '../tolerance.js';
import type { ExpectedTensor } from '../vector.js';
import type { Draft } from './draft.js';
import { EXACT, figures, literal, type Rules, type Sets, within } from './rules.js';

export const imageRules: Rules = {
  'image.attributes': (draft) => {
    const { rtol = 1e-9, atol = 1e-12 } = draft.source.about.tolerance as { rtol?: number; atol?: number };
    draft.expect('/sets/*/expected', figures(draft, within(atol, rtol))).expect('/sets/*/value_4m');
  },
  'image.attributes_4m': (draft) => {
    // Formulas as text; `image.attributes` and `trans.metadata` check their values.
    const words = ['token_format', 'manual_value', 'min_max_value', 'decode', 'max_tokens'];
    const unordered = draft.tolerance({ form: 'unordered' });
    const tables = { ids: EXACT, integer_clamp: EXACT, manual_bins: EXACT, min_max_bins: EXACT, types: EXACT };
    draft.entries('', [...words, 'image_dimensions'], { ...tables, integers: unordered });
    draft.entries('/image_dimensions', ['value'], { keys: unordered, bin_size: EXACT });
  },
  'image.canny': (draft) => {
    draft.hold(/./, EXACT).expect('/sets/*/edge_pixels');
  },
  'image.color': colours,
  'image.delta_e': (draft) => {
    draft.hold(/./, draft.within(1e-6)).hold(/^out\.rgb\.lab$/, draft.within(1e-4));
  },
  'image.palette': (draft) => {
    const sets = (draft.source.data as Sets<{ palette_rounded: unknown }>).sets;
    sets.forEach(({ palette_rounded }, i) => {
      draft.expect(`/sets/${i}/inertia`, draft.within(0, 1e-9)).expect(`/sets/${i}/sizes`);
      draft.expect(`/sets/${i}/iterations`);
      // Null if a value lies between two whole numbers.
      if (palette_rounded) draft.expect(`/sets/${i}/palette_rounded`);
    });
    draft.hold(/\.centres\d+$/, draft.within(1e-6));
  },
  'image.resize': (draft) => {
    type Resize = { tensor: string; library: string; filter: string; dtype: string };
    for (const { tensor, library, filter, dtype } of (draft.source.data as Sets<Resize>).sets) {
      const isFloat = dtype.startsWith('float32');
      const maxDifference = filter === 'nearest' || library === 'pillow' ? 0 : 1;
      const atol = isFloat ? (filter === 'lanczos4' ? 2e-4 : 1e-5) : maxDifference;
      draft.hold(new RegExp(`^${literal(tensor)}$`), atol === 0 ? EXACT : draft.within(atol));
    }
  },
  'image.sobel': (draft) => {
    draft.hold(/./, EXACT).hold(/\.gauss\d+$/, draft.within(1e-3));
    draft.options.filters = Object.keys(draft.tensors).flatMap((result) => {
      const [, source, name, size] = /^out\.(\w+)\.(laplacian|gauss)(\d+)$/.exec(result) ?? [];
      if (source === undefined) return [];
      const call = { result, input: `in.${source}`, ksize: Number(size) };
      if (name === 'laplacian') return [{ filter: 'laplacian', ...call }];
      const about = draft.source.about.expected?.[result]?.about;
      return [{ filter: 'gaussian', ...call, sigma: Number(/sigma ([\d.]+)/.exec(`${about}`)?.[1] ?? 0) }];
    });
  },
  'media.decode': mediaFiles,
};

/** Tolerances of the channels of each colour space. Hues are circular. */
function colours(draft: Draft): void {
  const bytes = (period?: number): Tolerance =>
    period === undefined
      ? within(1)
      : { form: 'channels', channels: [{ form: 'circular', period, atol: 1 }, within(1), within(1)] };
  const hsv = (period: number, hue: number, rest: number): Tolerance => ({
    form: 'channels',
    channels: [{ form: 'circular', period, atol: hue }, within(rest), within(rest)],
  });
  const spaces: Record<string, Tolerance | undefined> = {
    gray: EXACT,
    gray_pil: EXACT,
    hsv: bytes(180),
    hsv_full: bytes(256),
    hsv_pil: bytes(256),
    hls: bytes(180),
    lab: bytes(),
    ycrcb: bytes(),
    ycbcr_pil: bytes(),
    lab_ski: within(1e-4),
    lab_f32: within(0.2),
    hsv_ski: hsv(1, 1e-9, 1e-9),
    hsv_f32: hsv(360, 1e-3, 1e-5),
  };
  draft.options.conversions = Object.keys(draft.tensors).flatMap((result) => {
    const [, source, space] = /^out\.(\w+)\.(\w+)$/.exec(result) ?? [];
    if (source === undefined || !Object.hasOwn(spaces, space!)) return [];
    const tolerance = spaces[space!];
    draft.hold(new RegExp(`^${literal(result)}$`), tolerance && draft.tolerance(tolerance));
    return [{ result, input: `in.${source}`, space }];
  });
}

interface FileEntry {
  readonly file: string;
  /** `either`: decoders differ, so the file may be rejected, or decoded to the given pixels. */
  readonly result: 'ok' | 'error' | 'either';
  readonly width?: number;
  readonly height?: number;
  readonly tolerance?: number;
  readonly tensor?: string;
  readonly rgba?: string;
  readonly cmyk?: string;
}

function mediaFiles(draft: Draft): void {
  const calls: Record<string, string>[] = [];
  (draft.source.data as { files: FileEntry[] }).files.forEach((entry, i) => {
    const { file, result, tolerance = 0, tensor, rgba, cmyk } = entry;
    draft.files[file] = file;
    const call: Record<string, string> = { file, result: `/files/${i}` };
    calls.push(call);
    if (result === 'error') {
      draft.expect(`/files/${i}`, EXACT, { value: null, rejection: 'required' });
      return;
    }
    const size = { width: entry.width, height: entry.height };
    if (result === 'ok') draft.expect(`/files/${i}`, EXACT, { value: size });
    const gray16 = tensor?.replace(/rgb$/, 'gray16');
    const outputs = { rgb: tensor, rgba, cmyk, gray16 };
    for (const [form, name] of Object.entries(outputs)) {
      const known: ExpectedTensor | undefined = name === undefined ? undefined : draft.tensors[name];
      if (name === undefined || !known) continue;
      call[form] = name;
      if (form !== 'gray16')
        draft.hold(new RegExp(`^${literal(name)}$`), tolerance > 0 ? draft.within(tolerance) : EXACT);
      if (result === 'either') draft.tensors[name] = { ...draft.tensors[name]!, rejection: 'allowed' };
    }
  });
  draft.options.files = calls;
}
