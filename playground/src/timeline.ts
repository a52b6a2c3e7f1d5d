/** The steps of one or two recordings: the slider, the schedules, and the outputs after a step. */
import { byId, element } from './dom.js';
import type { Recording } from './recording.js';
import type { ShowStep } from './results.js';
import { drawSchedule } from './schedule.js';
import type { View } from './token-grid.js';

const slider = byId<HTMLInputElement>('step');
const view = byId<HTMLSelectElement>('view');

export class Timeline {
  readonly #showResults: (recordings: readonly Recording[]) => ShowStep;
  #recordings: readonly Recording[] = [];
  #showStep: ShowStep = () => {};
  /** The modalities that have cards. */
  #shown = '';

  /** @param showResults shows cards for the modalities of recordings */
  constructor(showResults: (recordings: readonly Recording[]) => ShowStep) {
    this.#showResults = showResults;
    slider.addEventListener('input', () => this.goTo(slider.valueAsNumber));
    view.addEventListener('change', () => this.goTo(slider.valueAsNumber));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.goTo(slider.valueAsNumber));
  }

  /** Begins with recordings that are still empty. */
  begin(recordings: readonly Recording[]): void {
    this.#recordings = recordings;
    this.#shown = '';
    const canvases = recordings.map(() => {
      const canvas = element('canvas', { width: 640, height: 48 });
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', 'Tokens of each step');
      return canvas;
    });
    byId('schedules').replaceChildren(...canvases);
    byId('results').replaceChildren();
    this.#showStep = () => {};
  }

  /** Updates for new steps of the recordings: cards for new modalities, and the last step. */
  follow(): void {
    const modalities = this.#recordings.map((recording) => recording.modalities.join()).join(';');
    if (modalities !== this.#shown) {
      this.#shown = modalities;
      this.#showStep = this.#showResults(this.#recordings);
    }
    const length = Math.max(...this.#recordings.map(({ steps }) => steps.length));
    slider.max = String(length);
    slider.disabled = length === 0;
    this.goTo(length);
  }

  goTo(step: number): void {
    slider.value = String(step);
    const [first] = this.#recordings;
    const last = first?.steps[step - 1];
    const what = last ? `: ${last.modality}, ${last.count}` : '';
    byId('step-text').textContent = first ? `${step} of ${slider.max}${what}` : '–';
    this.#showStep(step, view.value as View);
    byId('schedules')
      .querySelectorAll('canvas')
      .forEach((canvas, i) => {
        drawSchedule(canvas, this.#recordings[i]!.steps, step);
      });
  }
}
