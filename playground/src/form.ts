/** The form of a request: shows the state of a session, and reads it back. */
import { keepApart, readChoices, showChoices, showFields } from './controls.js';
import { byId } from './dom.js';
import { DownloadLine } from './models/download-line.js';
import { pixelsShown } from './picture.js';
import { plannedOutputs } from './request.js';
import type { Session } from './session.js';
import { SettingsForm } from './settings-form.js';
import { writeState } from './state.js';

const form = byId<HTMLFormElement>('controls');

export class RequestForm {
  readonly #session: Session;
  readonly #first = new SettingsForm(byId('first'), () => this.#settingsChanged());
  readonly #second = new SettingsForm(byId('second'), () => this.#settingsChanged());
  readonly #downloads = new DownloadLine(byId('needs'));

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether its fields are valid. The browser marks those that are not. */
  get isValid(): boolean {
    return form.reportValidity();
  }

  /** Shows the whole state. */
  show(): void {
    const session = this.#session;
    byId<HTMLInputElement>('scene').value = String(session.state.scene);
    showChoices(session.state, session.about.modalities, (modality) => session.canGive(modality));
    this.#showFields();
    session.state = { ...session.state, ...readChoices(session.fields()) };
    this.showSettings();
    this.changed();
  }

  /** Called when a modality is selected or deselected. @param box its checkbox */
  choiceChanged(box: HTMLInputElement): void {
    keepApart(box);
    this.#read();
    this.#showFields();
    this.showSettings();
    this.changed();
  }

  showSettings(): void {
    const { state, about } = this.#session;
    const choices = this.#session.conditionChoices();
    this.#first.show(state.settings, plannedOutputs(about, state, state.settings), choices);
    byId('second').hidden = state.second === undefined;
    byId('compare').textContent = state.second ? 'Compare no longer' : 'Compare with other settings';
    byId('second-title').hidden = state.second === undefined;
    if (state.second) this.#second.show(state.second, plannedOutputs(about, state, state.second), choices);
  }

  /** Reads the form, and updates the address, the code, and what the request fetches. */
  changed(): void {
    if (!form.checkValidity()) return;
    this.#read();
    history.replaceState(null, '', writeState(this.#session.state));
    byId('code').querySelector('code')!.textContent = this.#session.code();
    this.#downloads.update(this.#session);
  }

  /** Called when conditions, or the second set of settings, are added or removed. */
  #settingsChanged(): void {
    this.#read();
    this.showSettings();
    this.changed();
  }

  #showFields(): void {
    const { state, about } = this.#session;
    showFields(state, { modalities: about.modalities, ofScene: this.#session.fields(), picture: pixelsShown });
  }

  #read(): void {
    const { second, ...rest } = this.#session.state;
    this.#session.state = {
      ...rest,
      ...readChoices(this.#session.fields()),
      settings: this.#first.read(),
      ...(second && { second: this.#second.read() }),
    };
  }
}
