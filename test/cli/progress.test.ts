import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { duration, Progress } from '../../src/cli/progress.js';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const err = { isTTY, write: (text: string) => written.push(text), cursorTo: () => true, clearLine: () => true };
  return { written, terminal: { out: { write: () => true }, err, signal: new AbortController().signal } };
}

describe('progress', () => {
  test('without a terminal: lines for the first and the last step, few between', () => {
    const { written, terminal: quiet } = terminal(false);
    const progress = new Progress(quiet, 'counting', { name: 'numbers', perStep: 10 });
    for (let i = 1; i <= 1000; i++) progress.update(i, 1000, `at ${i}`);
    progress.stop();
    expect(written[0]).toBe('counting  1/1000  at 1\n');
    expect(written.at(-1)).toMatch(/^counting {2}1000\/1000 {2}\S+ numbers\/s {2}at 1000\n$/);
    expect(written.length).toBeLessThan(20);
  });

  test('on a terminal: one bar, redrawn on its line', () => {
    const { written, terminal: shown } = terminal(true);
    const progress = new Progress(shown, 'counting');
    for (let i = 1; i <= 4; i++) progress.update(i, 4);
    progress.stop();
    const text = written.join('');
    expect(text).toMatch(/\[={24}\] counting {2}4\/4/);
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  test('of a generation: its phase and remaining time; warming up is always written', () => {
    const { written, terminal: quiet } = terminal(false);
    const progress = new Progress(quiet, 'generating');
    const of = { modality: 'depth', total: 196 };
    progress.generation({ phase: 'loading', done: 30, total: 120, share: 0, secondsLeft: undefined });
    progress.generation({ ...of, phase: 'warming up', done: 0, share: 0.1, secondsLeft: undefined });
    progress.generation({ ...of, phase: 'generating', done: 98, share: 0.4, secondsLeft: 75 });
    progress.generation({ ...of, phase: 'detokenizing', done: 25, total: 25, share: 1, secondsLeft: 0 });
    expect(written).toEqual([
      'generating  loading weights 25 %\n',
      'generating  warming up: depth\n',
      'generating  detokenizing depth 25/25\n',
    ]);
    const { written: drawn, terminal: shown } = terminal(true);
    const bar = new Progress(shown, 'generating');
    bar.generation({ ...of, phase: 'generating', done: 98, share: 0.5, secondsLeft: 75 });
    bar.stop();
    expect(drawn.join('')).toContain('[============            ] generating  depth 98/196  1m15s left');
  });

  test.each([
    [0.2, '0s'],
    [59.4, '59s'],
    [59.6, '1m00s'],
    [725, '12m05s'],
    [12_000, '3h20m'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('what a bar does to its terminal', () => {
  test('line wrap and cursor are unchanged, however the process ends', () => {
    const { written, terminal: shown } = terminal(true);
    new Progress(shown, 'counting').update(1, 4); // and is never stopped
    for (const code of ['?7l', '?25l']) expect(written.join('')).not.toContain(`\u001b[${code}`);
  });

  test('TERM=dumb gets lines; colours are never written', () => {
    vi.stubEnv('TERM', 'dumb');
    vi.stubEnv('NO_COLOR', '1');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { written, terminal: dumb } = terminal(true);
    const progress = new Progress(dumb, 'counting');
    progress.update(1, 4);
    progress.update(4, 4);
    progress.stop();
    expect(written).toEqual(['counting  1/4\n', expect.stringMatching(/^counting {2}4\/4.*\n$/)]);
    vi.stubEnv('TERM', 'xterm');
    const { written: drawn, terminal: shown } = terminal(true);
    new Progress(shown, 'counting').update(1, 4);
    const codes = drawn.join('').split('\u001b[').slice(1);
    expect(codes.filter((code) => /^[\d;]*m/.test(code))).toEqual([]);
  });
});
