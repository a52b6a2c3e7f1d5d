/** An implementation in a process of its own, which speaks `protocol.md`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DTYPE_NAMES, DTYPES, type Dtype, type TensorData } from '../../src/checkpoints/dtypes.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors-writer.js';
import { LineReader } from './line-reader.js';
import { type CapabilitiesReply, type Command, PROTOCOL, type ResultReply, type StartReply } from './protocol.js';
import type { Implementation, Reply, Result, Task } from './results.js';

export interface ProcessOptions {
  /** Maximum time for a reply, in milliseconds. */
  readonly timeout?: number;
  /** Maximum length of a line, in bytes. */
  readonly longestLine?: number;
  /** Environment variables, in addition to those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

const TIMEOUT = 120_000;
const LONGEST_LINE = 256 * 2 ** 20;

/** Maximum number of consecutive failed starts. */
const MOST_STARTS = 2;

/** Maximum time between closing stdout and exiting, in milliseconds. */
const END = 1000;

/** Characters of stderr that are kept. */
const STDERR = 2000;

/** A violation of the protocol, or the end of the process. The process is ended, and started again for the next vector. */
class BrokenProcess extends Error {}

/**
 * Starts the process of a command with the first task, and again after an error.
 *
 * @param command as a shell understands it
 */
export function processImplementation(command: string, options: ProcessOptions = {}): Implementation {
  return new ProcessImplementation(command, options);
}

class ProcessImplementation implements Implementation {
  name: string;
  readonly #command: string;
  readonly #options: Required<ProcessOptions>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fourm-conformance-'));
  #session: Session | undefined;
  #kinds: ReadonlySet<string> | undefined;
  #failedStarts = 0;

  constructor(command: string, { timeout = TIMEOUT, longestLine = LONGEST_LINE, environment = {} }: ProcessOptions) {
    this.name = command;
    this.#command = command;
    this.#options = { timeout, longestLine, environment };
  }

  async run(task: Task): Promise<Reply> {
    try {
      const session = await this.#started();
      if (!this.#kinds!.has(task.kind)) return { skipped: `the kind "${task.kind}" is not among its capabilities` };
      const reply = await session.ask(this.#runCommand(task));
      // All its other output precedes its reply to this.
      await session.ask({ cmd: 'capabilities' });
      return this.#replyOf(reply);
    } catch (error) {
      if (!(error instanceof BrokenProcess)) throw error;
      const stderr = this.#session?.stderr;
      this.#session?.kill();
      this.#session = undefined;
      return { errored: stderr ? `${error.message}; it wrote to stderr: ${stderr}` : error.message };
    }
  }

  async #started(): Promise<Session> {
    if (this.#session) return this.#session;
    if (this.#failedStarts >= MOST_STARTS) throw new BrokenProcess('it does not start, and is not started again');
    this.#failedStarts++;
    this.#session = new Session(this.#command, this.#options);
    const start = await this.#session.ask({ cmd: 'start', version: PROTOCOL });
    const { version, name, language } = (start.ready ?? {}) as Partial<StartReply>;
    if (version !== PROTOCOL || typeof name !== 'string') {
      throw new BrokenProcess(
        `it answered start with ${brief(start)}, which is not version ${PROTOCOL} of the protocol`,
      );
    }
    const { kinds } = ((await this.#session.ask({ cmd: 'capabilities' })).capabilities ??
      {}) as Partial<CapabilitiesReply>;
    if (!Array.isArray(kinds)) throw new BrokenProcess('it answered capabilities without kinds');
    this.name = language ? `${name} (${language})` : name;
    this.#kinds = new Set(kinds);
    this.#failedStarts = 0;
    return this.#session;
  }

  #runCommand(task: Task): Command {
    const input = join(this.#folder, 'inputs.safetensors');
    const tensors = [...task.tensors].map(([name, { dtype, shape }]) => ({
      name,
      dtype,
      shape,
      data: task.read(name),
    }));
    if (tensors.length > 0) writeFileSync(input, writeSafetensors(tensors));
    const output = join(this.#folder, 'results.safetensors');
    rmSync(output, { force: true });
    return {
      cmd: 'run',
      kind: task.kind,
      options: task.options,
      ...(task.document !== undefined && { document: task.document }),
      ...(tensors.length > 0 && { tensors: { file: input } }),
      files: task.files,
      results: [...task.results].map(([name, dtype]) => (dtype ? { name, dtype } : { name })),
      output,
    };
  }

  /** @throws BrokenProcess if the reply is not exactly one of result, skipped and errored */
  #replyOf(message: Readonly<Record<string, unknown>>): Reply {
    const { result, skipped, errored } = message;
    const given = [result, skipped, errored].filter((part) => part !== undefined);
    if (given.length !== 1) throw new BrokenProcess(`it answered with ${given.length} of result, skipped and errored`);
    if (skipped !== undefined) return { skipped: String(skipped) };
    if (errored !== undefined) return { errored: String(errored) };
    if (typeof result !== 'object' || result === null) throw new BrokenProcess(`its result is ${brief(result)}`);
    return { results: resultsOf(result as ResultReply) };
  }

  async close(): Promise<void> {
    await this.#session?.stop();
    this.#session = undefined;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A process, from its start to its end. */
class Session {
  readonly #process: ChildProcess;
  readonly #timeout: number;
  readonly #lines: LineReader;
  readonly #exited: Promise<string>;
  /** Resolves if the process closes stdout without exiting. */
  readonly #closed: Promise<string>;
  stderr = '';
  #seq = 0;
  #hasExited = false;

  constructor(command: string, { timeout, longestLine, environment }: Required<ProcessOptions>) {
    const env = { ...process.env, ...environment };
    // Its own process group, so that processes started by the shell end with it.
    this.#process = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#timeout = timeout;
    this.#lines = new LineReader(this.#process.stdout!, longestLine);
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR);
    });
    // A write to a process that has ended is reported by its `exit` event.
    this.#process.stdin!.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#hasExited = true;
        resolve(reason);
      };
      this.#process.on('error', (error) => end(`it could not be started: ${error.message}`));
      this.#process.on('close', (code, signal) =>
        end(signal ? `it was ended by ${signal}` : `it exited with code ${code}`),
      );
    });
    this.#closed = new Promise((resolve) => {
      const close = () => setTimeout(() => resolve('it closed its stdout'), END).unref();
      this.#process.stdout!.once('end', close);
    });
  }

  /**
   * Sends a command and waits for the reply.
   *
   * @throws BrokenProcess if there is no reply to this command
   */
  async ask(command: Command): Promise<Readonly<Record<string, unknown>>> {
    const seq = ++this.#seq;
    const early = this.#lines.takeComplete();
    if (early !== undefined) throw new BrokenProcess(`it answered twice, or without being asked: ${excerpt(early)}`);
    this.#process.stdin!.write(`${JSON.stringify({ seq, ...command })}\n`);
    const line = await this.#withTimeout(this.#lines.next(), command.cmd);
    const message = parsed(line);
    if (message.seq === seq - 1) throw new BrokenProcess(`it answered seq ${seq - 1} twice`);
    if (message.seq !== seq) {
      const wrong = message.seq === undefined ? 'without a seq' : `to seq ${brief(message.seq)}`;
      throw new BrokenProcess(`it answered ${wrong} where seq ${seq} (${command.cmd}) was asked, out of order`);
    }
    return message;
  }

  async #withTimeout(line: Promise<string>, what: string): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `it did not answer ${what} within ${this.#timeout / 1000} s, and was ended`;
      timer = setTimeout(() => reject(new BrokenProcess(message)), this.#timeout);
    });
    const gone = Promise.race([this.#exited, this.#closed]).then(async (reason): Promise<never> => {
      // Output before its end is used.
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new BrokenProcess(`${reason} without an answer to ${what}`);
    });
    gone.catch(() => {});
    try {
      return await Promise.race([line, late, gone]);
    } catch (error) {
      throw error instanceof BrokenProcess ? error : new BrokenProcess((error as Error).message);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends `stop`, and ends the process if it does not exit. */
  async stop(): Promise<void> {
    if (this.#hasExited) return;
    this.#process.stdin!.end(`${JSON.stringify({ seq: ++this.#seq, cmd: 'stop' })}\n`);
    const isLate = await Promise.race([
      this.#exited.then(() => false),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(true), Math.min(this.#timeout, 5000)).unref()),
    ]);
    if (isLate) this.kill();
  }

  kill(): void {
    this.#lines.close();
    this.#process.stdin!.destroy();
    try {
      if (this.#process.pid !== undefined && !this.#hasExited) process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // It has already exited.
    }
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const message = JSON.parse(line);
    if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
  } catch {
    // Reported below, as for JSON that is not an object.
  }
  throw new BrokenProcess(`it answered what is no JSON object: ${excerpt(line)}`);
}

/** @throws BrokenProcess if the results violate the protocol */
function resultsOf({ tensors = {}, file, values = {}, rejected = {} }: ResultReply): Map<string, Result> {
  const results = new Map<string, Result>();
  const add = (name: string, result: Result) => {
    if (results.has(name)) throw new BrokenProcess(`its result has ${name} twice`);
    results.set(name, result);
  };
  for (const [name, { dtype, shape, base64 }] of Object.entries(tensors)) {
    if (!DTYPE_NAMES.includes(dtype) || !Array.isArray(shape) || typeof base64 !== 'string') {
      throw new BrokenProcess(`its tensor ${name} is not { dtype, shape, base64 }`);
    }
    add(name, { tensor: { dtype, shape, data: decoded(name, dtype, shape, base64) } });
  }
  if (file !== undefined) {
    try {
      const opened = readSafetensors(new Uint8Array(readFileSync(file)), file);
      for (const [name, { dtype, shape }] of opened.tensors) {
        add(name, { tensor: { dtype: dtype as Dtype, shape, data: opened.read(name) } });
      }
    } catch (error) {
      throw new BrokenProcess(`its file of tensors cannot be read: ${(error as Error).message}`);
    }
  }
  for (const [name, value] of Object.entries(values)) add(name, { value });
  for (const [name, reason] of Object.entries(rejected)) add(name, { rejected: String(reason) });
  return results;
}

function decoded(name: string, dtype: Dtype, shape: readonly number[], base64: string): TensorData {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const entry = { dtype, shape: [...shape], data_offsets: [0, bytes.length] };
  const header = Buffer.from(JSON.stringify({ [name]: entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  try {
    if (!DTYPES[dtype]) throw new Error(`there is no dtype ${dtype}`);
    return readSafetensors(new Uint8Array(Buffer.concat([length, header, bytes])), name).read(name);
  } catch (error) {
    throw new BrokenProcess(`its tensor ${name} cannot be read: ${(error as Error).message}`);
  }
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}

function brief(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? String(value));
}
