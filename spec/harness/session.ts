/** A process that speaks `protocol.md`: commands as lines on its stdin, replies as lines on its stdout. */
import { type ChildProcess, spawn } from 'node:child_process';
import { LineReader } from './line-reader.js';
import { BrokenProcess, type Command } from './protocol.js';

/** Options of a process. */
export interface ProcessOptions {
  /** Maximum time for a reply, in milliseconds. */
  readonly timeout?: number;
  /** Maximum length of a line, in bytes. */
  readonly longestLine?: number;
  /** Environment variables, in addition to those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Maximum time between closing stdout and exiting, in milliseconds. */
const END = 1000;

/** Characters of stderr that are kept. */
const STDERR = 2000;

/** A process, from its start to its end. */
export class Session {
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
  async request(command: Command): Promise<Readonly<Record<string, unknown>>> {
    const seq = ++this.#seq;
    const early = this.#lines.takeComplete();
    if (early !== undefined) throw new BrokenProcess(`it responded twice, or without a command: ${excerpt(early)}`);
    this.#process.stdin!.write(`${JSON.stringify({ seq, ...command })}\n`);
    const line = await this.#withTimeout(this.#lines.next(), command.cmd);
    const message = parsed(line);
    if (message.seq === seq - 1) throw new BrokenProcess(`it responded to seq ${seq - 1} twice`);
    if (message.seq !== seq) {
      const wrong = message.seq === undefined ? 'without a seq' : `to seq ${brief(message.seq)}`;
      throw new BrokenProcess(`it responded ${wrong} where seq ${seq} (${command.cmd}) was asked, out of order`);
    }
    return message;
  }

  async #withTimeout(line: Promise<string>, what: string): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `it did not respond to ${what} within ${this.#timeout / 1000} s; the process was ended`;
      timer = setTimeout(() => reject(new BrokenProcess(message)), this.#timeout);
    });
    const gone = Promise.race([this.#exited, this.#closed]).then(async (reason): Promise<never> => {
      // Output before its end is used.
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new BrokenProcess(`${reason} without a response to ${what}`);
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
  throw new BrokenProcess(`the response is no JSON object: ${excerpt(line)}`);
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}

/** A value as JSON, shortened. */
export function brief(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? String(value));
}
