/**
 * How long the long commands take to end after Ctrl-C, at random moments of their work. Run by hand:
 * `npx tsx bench/interrupts.ts [times] [seed] [names…]`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../src/random.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [TIMES, SEED, ...NAMES] = [Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 0), ...process.argv.slice(4)];
/** Milliseconds in which a command should end. */
const LIMIT = 1000;
const random = new Random(SEED);

const folder = await mkdtemp(join(tmpdir(), 'fourm-interrupts-'));
const inFolder = (name: string) => join(folder, name);
const text = ['--text', 'models/toybox/text.json'];
const model = ['--tokenizers', 'models/toybox', ...text];
/** Commands by name, and what they write when their work has begun. */
const COMMANDS: Record<string, { args: string[]; begun: RegExp }> = {
  tokenize: { args: ['tokenize', 'toybox', '--out', inFolder('tokens')], begun: /\d+\/1000/ },
  'train text': { args: ['train', 'text', '--out', inFolder('text.json')], begun: /\d+\/\d+/ },
  'train features': {
    args: ['train', 'features', 'imagebind', ...text, '--run', inFolder('imagebind')],
    begun: /\d+\//,
  },
  'train tokenizer': {
    args: ['train', 'tokenizer', 'rgb', '--scenes', '64', '--run', inFolder('rgb')],
    begun: /training/,
  },
  'train decoder': {
    args: [
      'train',
      'decoder',
      'rgb',
      '--tokenizer',
      'models/toybox/tok_rgb.safetensors',
      '--scenes',
      '64',
      '--run',
      inFolder('dec'),
    ],
    begun: /training/,
  },
  'train data': { args: ['train', 'data', ...model, '--out', inFolder('all')], begun: /\d+\// },
  'train model': {
    args: ['train', 'model', '--data', inFolder('few'), ...text, '--run', inFolder('model')],
    begun: /training/,
  },
  'train quick': { args: ['train', 'quick', '--out', inFolder('quick')], begun: /\d+\// },
  'eval det': { args: ['eval', '--tasks', 'det,sam_instance'], begun: /evaluating/ },
  'eval rgb': { args: ['eval', '--tasks', 'reconstruction,text-to-picture'], begun: /\d+\// },
  'eval retrieval': { args: ['eval', '--tasks', 'retrieval'], begun: /\d+\// },
  'eval transfer': { args: ['eval', '--tasks', 'transfer'], begun: /\d+\// },
  demo: { args: ['demo', '--out', inFolder('demo.png')], begun: /\d+\// },
};

/** Runs a command and presses Ctrl-C when its work has begun, and some more time has gone. @returns milliseconds to its end */
function interrupted({ args, begun }: { args: string[]; begun: RegExp }): Promise<number | undefined> {
  const command = ['--import', 'tsx', 'src/cli/main.ts', ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  return new Promise((resolve) => {
    let [output, pressed] = ['', 0];
    child.stderr.on('data', (chunk) => {
      output += chunk;
      if (pressed > 0 || !begun.test(output)) return;
      pressed = Number.POSITIVE_INFINITY;
      setTimeout(() => {
        pressed = performance.now();
        child.kill('SIGINT');
      }, 4000 * random.uniform());
    });
    child.on('close', (code) => {
      if (code !== 130) process.stdout.write(output);
      resolve(code === 130 ? performance.now() - pressed : undefined);
    });
  });
}

/** Runs a command to its end. */
const done = (...args: string[]) =>
  new Promise((resolve) =>
    spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { cwd: ROOT }).on('close', resolve),
  );

try {
  const chosen = Object.entries(COMMANDS).filter(([name]) => NAMES.length === 0 || NAMES.includes(name));
  if (chosen.some(([name]) => name === 'train model'))
    await done('train', 'data', ...model, '--count', '32', '--out', inFolder('few'));
  for (const [name, command] of chosen) {
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) times.push((await interrupted(command)) ?? Number.NaN);
    process.stdout.write(`${name}: ${times.map((time) => time.toFixed(0)).join(', ')} ms\n`);
    if (!times.every((time) => time <= LIMIT)) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
