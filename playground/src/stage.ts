/** Runs the requests of a session, and shows their recordings. */
import { CancelledError } from '../../src/client.js';
import { decodeCode } from './codes.js';
import { byId } from './dom.js';
import { record } from './generation.js';
import { greyPicture, pixelsShown } from './picture.js';
import { Recording } from './recording.js';
import { type OnToken, showResults } from './results.js';
import type { Session } from './session.js';
import { showError, showStatus } from './status.js';
import { Timeline } from './timeline.js';
import { TokenPanel } from './token-panel.js';

export class Stage {
  readonly #session: Session;
  readonly #tokenPanel: TokenPanel;
  readonly #timeline: Timeline;
  #running = new AbortController();

  constructor(session: Session) {
    this.#session = session;
    this.#tokenPanel = new TokenPanel(byId('token-panel'), (name, id, signal) =>
      decodeCode(session.loaded!.model, session.modality(name), id, signal),
    );
    this.#timeline = new Timeline((recordings) =>
      showResults(byId('results'), {
        package: session.about,
        recordings,
        picture: session.state.inputs.includes('rgb') ? pixelsShown() : greyPicture(),
        onToken: this.#showToken,
      }),
    );
  }

  /** Shows recordings that are still empty. */
  begin(recordings: readonly Recording[]): void {
    this.#timeline.begin(recordings);
    this.#tokenPanel.clear();
  }

  /** Generates with each of the session's settings. */
  async generate(): Promise<void> {
    const { loaded, state } = this.#session;
    const requests = this.#session.requests();
    const recordings = requests.map(() => new Recording(state.outputs));
    this.begin(recordings);
    this.#running = new AbortController();
    showStatus('Reading the inputs.');
    byId<HTMLButtonElement>('generate').disabled = true;
    byId<HTMLButtonElement>('stop').disabled = false;
    try {
      const inputs = this.#session.inputs();
      for (const [i, request] of requests.entries()) {
        await record(loaded!.model, inputs, request, recordings[i]!, {
          signal: this.#running.signal,
          onRecorded: () => this.#timeline.follow(),
          onProgress({ phase, modality = '', done, total, secondsLeft }) {
            const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
            showStatus(`${phase} ${modality} ${phase === 'loading' ? '' : `${done} of ${total}`}${left}`);
          },
        });
      }
      const steps = recordings.map((recording) => recording.steps.length).join(' and ');
      showStatus(`Done, after ${steps} step${steps === '1' ? '' : 's'}. Move the slider to go back.`);
    } catch (error) {
      if (error instanceof CancelledError) showStatus('Stopped.');
      else showError(error);
    } finally {
      byId<HTMLButtonElement>('generate').disabled = false;
      byId<HTMLButtonElement>('stop').disabled = true;
    }
  }

  stop(): void {
    this.#running.abort();
  }

  readonly #showToken: OnToken = (what, name, token, recording) => {
    byId('token').textContent = what;
    this.#tokenPanel.show(this.#session.modality(name), token, (modality) => ({
      grid: this.#session.modality(modality).grid,
      picture: this.#session.attendedPicture(modality, recording),
    }));
  };
}
