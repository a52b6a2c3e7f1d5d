/** The session: the state in the address, its scene or an uploaded picture, and the model. */
import type { HostInput, HostInputs, RgbImage } from '../../src/client.js';
import type { ToyboxSample } from '../../src/toybox/sample.js';
import type { LoadedModel } from './models/model-form.js';
import type { Modality, Package } from './package.js';
import { pixelsShown } from './picture.js';
import type { Recording } from './recording.js';
import { codeOf, optionsOf, plannedOutputs, type RequestOptions } from './request.js';
import { fieldValue, hasPeople, renderScene, sceneField, scenePicture, sceneText, sceneValue } from './scene.js';
import type { ConditionChoice } from './settings-form.js';
import type { Settings, State } from './state.js';

export class Session {
  state: State;
  scene: ToyboxSample;
  /** An uploaded picture, in place of the scene's. */
  upload: File | undefined;
  /** The description of the model; it is available before the worker runs. */
  about: Package;
  loaded: LoadedModel | undefined;

  constructor(state: State, about: Package) {
    this.state = state;
    this.about = about;
    this.scene = renderScene(state.scene, hasPeople(about.modalities));
    this.#keepKnown();
  }

  /** Switches to a model. */
  use(loaded: LoadedModel, about: Package): void {
    this.loaded?.worker.terminate();
    this.loaded = loaded;
    this.about = about;
    this.#keepKnown();
  }

  /** Renders the scene of the state: with people, if the model knows them. */
  openScene(): void {
    this.scene = renderScene(this.state.scene, hasPeople(this.about.modalities));
    this.upload = undefined;
  }

  modality(name: string): Modality {
    return this.about.modalities.find((modality) => modality.name === name)!;
  }

  /** Whether a modality can be an input now. */
  canGive(modality: Modality): boolean {
    const isText = sceneField(this.scene, modality) !== undefined;
    if (this.upload && !isText && modality.name !== 'rgb') return false;
    return sceneValue(this.scene, modality) !== undefined;
  }

  /** The initial texts of the inputs' fields, by modality. */
  fields(): Map<string, string> {
    const fields = this.about.modalities.map((modality) => [modality.name, sceneField(this.scene, modality)] as const);
    return new Map(fields.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  inputs(): HostInputs {
    const { inputs, texts, strokes } = this.state;
    const value = (name: string): HostInput => {
      if (texts[name] !== undefined) return fieldValue(texts[name], this.modality(name));
      if (name === 'rgb' && (this.upload || strokes)) return strokes ? pixelsShown() : this.upload!;
      return sceneValue(this.scene, this.modality(name))!;
    };
    return Object.fromEntries(inputs.map((name) => [name, value(name)]));
  }

  /** The possible conditions: all possible inputs that are not outputs. */
  conditionChoices(): ConditionChoice[] {
    return this.about.modalities
      .filter((modality) => this.canGive(modality) && !this.state.outputs.includes(modality.name))
      .map((modality) => {
        const text = sceneText(this.scene, modality);
        return { name: modality.name, ...(text !== undefined && { text }) };
      });
  }

  /** A request for each of the state's settings. */
  requests(): RequestOptions[] {
    const { state, about } = this;
    const sceneValueOf = (name: string) => sceneValue(this.scene, this.modality(name));
    return settingsOf(state).map((own) => optionsOf(state, own, plannedOutputs(about, state, own), sceneValueOf));
  }

  /** The source code of the same calls. */
  code(): string {
    return codeOf(this.state, this.inputs(), this.requests(), {
      id: this.loaded?.given.name ?? 'toybox',
      backend: this.loaded?.model.backend.name ?? 'auto',
      people: hasPeople(this.about.modalities),
      uploaded: this.upload !== undefined || Boolean(this.state.strokes),
    });
  }

  /** The picture of a modality that a token attends to: as it was given, or as it was generated. */
  attendedPicture(name: string, { results }: Recording): RgbImage | undefined {
    const { inputs } = this.state;
    if (name === 'rgb' && inputs.includes('rgb')) return pixelsShown();
    const result = results[name];
    if (result?.kind === 'image') return result.toImage();
    return inputs.includes(name) ? scenePicture(this.scene, this.modality(name)) : undefined;
  }

  /** Leaves out the inputs and outputs of the state that the model does not have. */
  #keepKnown(): void {
    const known = (names: readonly string[]) => names.filter((name) => this.modality(name) !== undefined);
    this.state = { ...this.state, inputs: known(this.state.inputs), outputs: known(this.state.outputs) };
  }
}

function settingsOf({ settings, second }: State): Settings[] {
  return second ? [settings, second] : [settings];
}
