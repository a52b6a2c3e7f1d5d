import { SingleBar } from 'cli-progress';
import type { GenerationProgress } from '../api/types/options.js';
import type { DownloadProgress } from '../hub/remote-file.js';
import type { Terminal } from './terminal.js';

/** The unit that a progress line counts. */
export interface ProgressUnit {
  /** The plural name, such as `samples`. */
  readonly name: string;
  /** Units a step. */
  readonly perStep: number;
}

/** Milliseconds over which the speed is averaged. */
const WINDOW = 20_000;
/** Milliseconds between two lines if the output is not a terminal. */
const LINE_INTERVAL = 5_000;

/** Progress, speed and remaining time of a task: a bar on a terminal, otherwise a line every few seconds. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #unit: ProgressUnit | undefined;
  readonly #bar: SingleBar | undefined;
  /** Times of the latest steps, within the window. */
  #marks: { time: number; done: number }[] = [];
  #lastLine = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, label: string, unit?: ProgressUnit) {
    this.#terminal = terminal;
    this.#label = label;
    this.#unit = unit;
    if (terminal.err.isTTY && process.env.TERM !== 'dumb') {
      this.#bar = new SingleBar({
        // Does not switch off the terminal's line wrap, which would stay off if the process is killed; longer lines are cut.
        linewrap: true,
        stream: terminal.err as NodeJS.WriteStream,
        format: ({ barsize = 24 }, { progress }, { text }) => `${drawBar(progress, barsize)} ${text}`,
        barsize: 24,
      });
    }
  }

  /**
   * @param done   may be a fraction, by which the speed is measured
   * @param remark shown at the end of the line, such as the loss
   */
  update(done: number, total: number, remark = ''): void {
    const now = performance.now();
    this.#marks = [...this.#marks.filter(({ time }) => now - time < WINDOW), { time: now, done }];
    this.#draw(done / total, this.#describe(done, total, remark));
  }

  /** Shows the progress of a generation, which estimates its remaining time itself. */
  generation(at: GenerationProgress): void {
    const { share, secondsLeft } = at;
    const left = secondsLeft === undefined || share === 1 ? [] : [`${duration(secondsLeft)} left`];
    this.#draw(share, [this.#label, stageText(at), ...left].join('  '), at.phase === 'warming up');
  }

  /** @param mustShow writes a line even if the last one is recent */
  #draw(share: number, text: string, mustShow = false): void {
    const now = performance.now();
    if (this.#bar) {
      if (!this.#bar.isActive) this.#bar.start(1, share, { text });
      this.#bar.update(share, { text });
    } else if (now - this.#lastLine >= LINE_INTERVAL || share === 1 || mustShow) {
      this.#lastLine = now;
      this.#terminal.err.write(`${text}\n`);
    }
  }

  /** Stops redrawing the bar. Must be called in any case. */
  stop(): void {
    this.#bar?.stop();
  }

  #describe(done: number, total: number, remark: string): string {
    const first = this.#marks[0]!;
    const last = this.#marks.at(-1)!;
    const stepsPerSecond = last.time > first.time ? (1000 * (last.done - first.done)) / (last.time - first.time) : 0;
    const parts = [this.#label, `${Math.floor(done)}/${total}`];
    if (stepsPerSecond > 0) {
      if (this.#unit) parts.push(`${(stepsPerSecond * this.#unit.perStep).toPrecision(3)} ${this.#unit.name}/s`);
      if (done < total) parts.push(`${duration((total - done) / stepsPerSecond)} left`);
    }
    if (remark) parts.push(remark);
    return parts.join('  ');
  }
}

/** Runs a task with a progress line. */
export async function withProgress<T>(
  terminal: Terminal,
  label: string,
  work: (progress: Progress) => Promise<T>,
  unit?: ProgressUnit,
): Promise<T> {
  const progress = new Progress(terminal, label, unit);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

/** The phase of a generation, in a few words. */
export function stageText({ phase, modality = 'weights', done, total }: GenerationProgress): string {
  if (phase === 'warming up') return `warming up: ${modality}`;
  const far = phase === 'loading' ? `${Math.round((100 * done) / total)} %` : `${done}/${total}`;
  return phase === 'generating' ? `${modality} ${far}` : `${phase} ${modality} ${far}`;
}

function drawBar(share: number, size: number): string {
  const full = Math.round(share * size);
  return `[${'='.repeat(full)}${' '.repeat(size - full)}]`;
}

/** Formats seconds: `45s`, `12m05s`, `3h20m`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  return `${Math.floor(s / 3600)}h${two(Math.floor((s % 3600) / 60))}m`;
}

/** Notes every few seconds how much of a file has been downloaded. */
export function downloadNotes(terminal: Terminal): (progress: DownloadProgress) => void {
  let last = performance.now();
  return ({ file, received, size }) => {
    if (performance.now() - last < LINE_INTERVAL) return;
    last = performance.now();
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    terminal.err.write(`fetching ${file}  ${megabytes(received)} MB of ${megabytes(size)} MB, as far as needed\n`);
  };
}
