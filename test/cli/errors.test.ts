import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/cli/errors.js';
import { run } from '../../src/cli/run.js';
import { CancelledError, CheckpointError, InvalidInputError, MediaError, OutputError } from '../../src/errors.js';
import { fourm, temporaryFolder } from './running.js';

describe('exit codes', () => {
  test.each([
    [new InvalidInputError('a'), 2],
    [new CommanderError(1, 'commander.unknownOption', "error: unknown option '--a'\n(Did you mean --b?)"), 2],
    [new MediaError('a'), 1],
    [new CheckpointError('a'), 1],
    [new OutputError('a'), 1],
    [new CancelledError('it'), 130],
    [new RangeError('Invalid array length'), 1],
    [new TypeError('a'), 1],
    ['thrown text', 1],
  ])('%s: %i, and one line', (error, exitCode) => {
    const failure = describeFailure(error);
    expect(failure.exitCode).toBe(exitCode);
    expect(failure.message).not.toContain('\n');
  });

  test('an unexpected error is reported as a bug', () => {
    expect(describeFailure(new TypeError('x is not a function')).message).toBe(
      'this is a bug in fourm: x is not a function (--debug shows where)',
    );
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
    expect(describeFailure(full).message).toBe('ENOSPC: no space left');
    expect(describeFailure(new RangeError('Invalid array length')).message).toBe('Invalid array length');
  });
});

describe.runIf(process.platform === 'linux')('outputs that cannot be written', () => {
  const shell = async (line: string) => {
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const out = await temporaryFolder();
    const { status, stderr } = spawnSync('bash', ['-c', line], {
      env: { ...process.env, FOURM: `${process.execPath} --import tsx ${main}`, OUT: out },
      encoding: 'utf8',
    });
    return { status, err: stderr, files: await readdir(out) };
  };

  test('standard output on a full disk: the files are written, exit code 1', async () => {
    const { status, err, files } = await shell('$FOURM toybox --size 8 --out $OUT > /dev/full');
    expect(status).toBe(1);
    expect(err).toMatch(/fourm: cannot write to the standard output: no space left on the device\n/);
    expect(err).not.toMatch(/^\s+at /m);
    expect(files).toContain('sheet.png');
  });

  test('standard output closed: the files are written', async () => {
    for (const line of ['$FOURM toybox --size 8 --out $OUT >&-', '$FOURM toybox --size 8 --out $OUT | true']) {
      const { err, files } = await shell(line);
      expect(err).not.toMatch(/^\s+at /m);
      expect(files).toContain('sheet.png');
    }
  });

  test('standard error on a full disk: the files are written', async () => {
    expect((await shell('$FOURM toybox --size 8 --out $OUT 2> /dev/full')).files).toContain('sheet.png');
  });
});

describe('the command line', () => {
  test('--version and --help exit with 0', async () => {
    expect(await fourm(['--version'])).toEqual({ exitCode: 0, out: '0.1.0\n', err: '' });
    const help = await fourm(['generate', '--help']);
    expect(help).toMatchObject({ exitCode: 0, err: '' });
    expect(help.out).toContain('--from caption --text "a red ball"');
  });

  test('no command shows the help', async () => {
    const { exitCode, err } = await fourm([]);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^Usage: fourm/);
  });

  test('a misspelt command', async () => {
    expect(await fourm(['generat'])).toEqual({
      exitCode: 2,
      out: '',
      err: "fourm: unknown command 'generat' (Did you mean generate?)\n",
    });
  });

  test('a stack trace is shown only with --debug, at any position', async () => {
    const args = ['generate', 'none.png', '--to', 'depth', '--out', 'out'];
    expect((await fourm(args)).err).toBe('fourm: no such file: none.png\n');
    expect((await fourm([...args, '--debug'])).err).toMatch(
      /^fourm: no such file: none\.png\nInvalidInputError: .*\n {4}at /,
    );
    expect((await fourm(['--debug', ...args])).err).toMatch(/\n {4}at /);
  });

  test('a closed output is not reported as a bug', async () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    const written: string[] = [];
    const exitCode = await run(['--version'], {
      out: {
        write() {
          throw broken;
        },
      },
      err: { write: (text) => written.push(text) },
      signal: new AbortController().signal,
    });
    expect({ exitCode, written }).toEqual({ exitCode: 1, written: ['fourm: write EPIPE\n'] });
  });
});
