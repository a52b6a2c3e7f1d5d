import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { decodeImage } from '../../src/media/decode.js';
import { encodePng } from '../../src/media/encode.js';
import { toyboxSample } from '../../src/toybox/sample.js';
import { fourm, spawnFourm, until } from './running.js';
import { writeTinyModel } from './tiny-model.js';

let folder: string;
let model: string;
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-generate-'));
  [model, picture] = [join(folder, 'model'), join(folder, 'scene.png')];
  await useBackend('wasm');
  await writeTinyModel(model);
  await writeFile(picture, encodePng(toyboxSample(1).rgb));
});
afterAll(() => rm(folder, { recursive: true }));

/** `fourm generate` with the tiny model, into a folder of that name. */
function generate(out: string, ...args: string[]) {
  return ['generate', ...args, '--out', join(folder, out), '--model', model, '--backend', 'wasm'];
}

/** Runs a command that must fail: one line, without a stack trace. @returns the line without `fourm: ` */
async function failure(args: readonly string[], exitCode: number): Promise<string> {
  const outcome = await fourm(args);
  const lines = outcome.err
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(computing with|generating) /.test(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^fourm: /);
  expect(outcome).toMatchObject({ exitCode, out: '' });
  return lines[0]!.slice('fourm: '.length);
}

describe('results', () => {
  test('each modality of a picture is written to a file', async () => {
    const outcome = await fourm(generate('all', picture, '--to', 'depth,normal,semseg,caption,det'));
    expect(outcome.exitCode).toBe(0);
    const files = ['caption.txt', 'depth.npy', 'depth.png', 'det.json', 'det.png', 'normal.png', 'semseg.png'];
    expect((await readdir(join(folder, 'all'))).sort()).toEqual(files);
    expect(outcome.out.trim().split('\n').sort()).toEqual(files.map((file) => join(folder, 'all', file)));
    expect(decodeImage(await readFile(join(folder, 'all', 'depth.png')))).toMatchObject({ width: 64, height: 64 });
    expect(JSON.parse(await readFile(join(folder, 'all', 'det.json'), 'utf8'))).toBeInstanceOf(Array);
  });

  test('pictures from a text, equal for the same seed', async () => {
    const text = ['--from', 'caption', '--text', 'a red ball', '--to', 'rgb,depth'];
    const pixels = async (out: string, seed: string) => {
      expect((await fourm(generate(out, ...text, '--seed', seed))).exitCode).toBe(0);
      return readFile(join(folder, out, 'rgb.png'));
    };
    const first = await pixels('text-0', '0');
    expect(await pixels('text-0-again', '0')).toEqual(first);
    expect(await pixels('text-1', '1')).not.toEqual(first);
    expect((await readdir(join(folder, 'text-0'))).sort()).toEqual(['depth.npy', 'depth.png', 'rgb.png']);
  });

  test('several inputs by name', async () => {
    const inputs = [
      '--from',
      `rgb=${picture}`,
      '--from',
      'caption=a red ball',
      '--from',
      'det=v0=1 v1=1 v2=9 v3=9 ball',
    ];
    expect((await fourm(generate('several', ...inputs, '--to', 'semseg'))).exitCode).toBe(0);
    expect(await readdir(join(folder, 'several'))).toEqual(['semseg.png']);
  });
});

describe('invalid pictures', () => {
  const file = async (name: string, bytes: Uint8Array | string) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };

  test('a file that is not an image', async () => {
    const path = await file('notes.png', 'these are words');
    expect(await failure(generate('x', path, '--to', 'depth'), 1)).toBe(`${path}: not a PNG or JPEG file`);
  });

  test('a truncated PNG', async () => {
    const whole = await readFile(picture);
    const path = await file('cut.png', whole.subarray(0, whole.length / 2));
    expect(await failure(generate('x', path, '--to', 'depth'), 1)).toContain(path);
  });

  test('a picture of one pixel', async () => {
    const path = await file('dot.png', encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) }));
    expect(await failure(generate('x', path, '--to', 'depth'), 1)).toMatch(/too small: 1 × 1/);
  });

  test('a picture of 20 000 × 20 000 pixels', async () => {
    const header = Buffer.from(encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) }));
    header.writeUInt32BE(20_000, 16);
    header.writeUInt32BE(20_000, 20);
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
    const path = await file('huge.png', header);
    expect(await failure(generate('x', path, '--to', 'depth'), 1)).toMatch(/too large: 20000 × 20000/);
  });

  test('a missing file', async () => {
    expect(await failure(generate('x', join(folder, 'none.png'), '--to', 'depth'), 2)).toMatch(/^no such file: /);
  });
});

describe('wrong requests', () => {
  test('an unknown modality: the message lists the known ones', async () => {
    expect(await failure(generate('x', picture, '--to', 'depht'), 2)).toBe(
      "unknown modality 'depht' (did you mean 'depth'?); known are rgb, depth, normal, semseg, canny_edge, sam_edge, clip, " +
        'dinov2, imagebind, dinov2_global, imagebind_global, caption, t5_caption, det, metadata, color_palette, ' +
        'human_poses, sam_instance',
    );
  });

  test.each([
    [['--to', 'depth'], /^give a picture, or --from/],
    [['--from', 'rgb', '--to', 'depth'], /--from rgb lacks what it names/],
    [['--text', 'a', '--from', 'caption=b', '--to', 'rgb'], /'caption' is given twice/],
    [['--text', 'a', '--to', 'caption'], /'caption' is both given and a target/],
    [['--text', 'a', '--to', 'rgb,'], /--to .*names with commas/i],
    [['--text', 'a', '--to', 'rgb', '--seed', '1.5'], /--seed .*whole number/],
    [['--text', 'a', '--to', 'rgb', '--backend', 'gpu'], /--backend .*auto, webgpu, cuda, node, wasm, cpu/],
    [['--text', 'a'], /required option '--to/],
    [['--text', 'a', '--to', 'rgb', '--frm', 'b'], /unknown option '--frm'/],
  ])('%j', async (args, message) => {
    expect(await failure(generate('x', ...args), 2)).toMatch(message);
  });

  test('a missing model', async () => {
    const args = ['generate', picture, '--to', 'depth', '--out', join(folder, 'x'), '--backend', 'wasm'];
    expect(await failure([...args, '--model', 'none'], 2)).toMatch(
      /^cannot load the model 'none': no such file: .*; a folder is '\.\/none', and a repository of the Hub 'owner\/name'/,
    );
  });
});

describe('broken checkpoints', () => {
  /** A copy of the model with one file changed. */
  const changed = async (name: string, file: string, change: (bytes: Uint8Array) => Uint8Array) => {
    const copy = join(folder, name);
    await mkdir(copy);
    for (const each of await readdir(model)) {
      const bytes = await readFile(join(model, each));
      await writeFile(join(copy, each), each === file ? change(bytes) : bytes);
    }
    return ['generate', picture, '--to', 'depth', '--out', join(folder, 'x'), '--backend', 'wasm', '--model', copy];
  };
  const rewrite = (bytes: Uint8Array, edit: (name: string, shape: readonly number[]) => number[] | undefined) => {
    const file = readSafetensors(bytes);
    const tensors = [...file.tensors].flatMap(([name, { shape }]) => {
      const wanted = edit(name, shape);
      return wanted ? [{ name, dtype: 'F16' as const, shape: wanted, data: file.read(name) }] : [];
    });
    return writeSafetensors(tensors, file.metadata);
  };

  test('a missing tensor is named', async () => {
    const args = await changed('missing', 'model.safetensors', (bytes) =>
      rewrite(bytes, (name, shape) => (name === 'encoder.0.attn.qkv.weight' ? undefined : [...shape])),
    );
    expect(await failure(args, 1)).toContain('"encoder.0.attn.qkv.weight"');
  });

  test('a misshapen tensor is named, with both shapes', async () => {
    const args = await changed('misshapen', 'tok_depth.safetensors', (bytes) =>
      rewrite(bytes, (name, shape) => (name === 'quant_proj.weight' ? [...shape].reverse() : [...shape])),
    );
    expect(await failure(args, 1)).toMatch(/"quant_proj\.weight" has shape \[1,1,96,16\].*\[16,96,1,1\]/);
  });

  test('a truncated file', async () => {
    const args = await changed('truncated', 'model.safetensors', (bytes) => bytes.subarray(0, bytes.length - 100));
    expect(await failure(args, 1)).toContain('model.safetensors');
  });

  test('a header length beyond the file', async () => {
    const args = await changed('lying', 'model.safetensors', (bytes) => {
      const lying = bytes.slice();
      new DataView(lying.buffer).setBigUint64(0, 2n ** 40n, true);
      return lying;
    });
    expect(await failure(args, 1)).toContain('model.safetensors');
  });
});

describe('writing', () => {
  test('a folder that cannot be made', async () => {
    expect(await failure(generate('scene.png/out', picture, '--to', 'depth'), 1)).toBe(
      `cannot make the folder ${join(folder, 'scene.png/out')}: ${picture} is a file`,
    );
  });

  test('a file that cannot be written', async () => {
    await mkdir(join(folder, 'blocked/depth.png'), { recursive: true });
    expect(await failure(generate('blocked', picture, '--to', 'depth'), 1)).toMatch(/cannot write .*: it is a folder/);
    expect(await readdir(join(folder, 'blocked'))).toEqual(['depth.png']);
  });

  test('Ctrl-C in the middle: exit code 130, one line, and no folder is left', async () => {
    const to = 'normal,depth,semseg,caption,det';
    const { child, output, ended } = spawnFourm(generate('interrupted', picture, '--to', to));
    await until(() => /^generating /m.test(output.err));
    child.kill('SIGINT');
    const { exitCode, err, out } = await ended;
    expect({ exitCode, out }).toEqual({ exitCode: 130, out: '' });
    expect(err).toMatch(/\nfourm: (loading weights|reading|generating|detokenizing).* was cancelled\n$/);
    expect(err).not.toMatch(/^\s+at /m);
    expect(await readdir(folder)).not.toContain('interrupted');
  });
});
