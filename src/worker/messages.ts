/**
 * The protocol between page and worker. A connection is a `MessageChannel` and serves one model. The worker gets its port with the
 * only message that is sent to the worker itself, {@link Connect}.
 */
import type { Backend } from '../../backends/index.js';
import type { LoadOptions } from '../api/loading/load-model.js';
import type { Model } from '../api/model.js';
import type { Input, Inputs } from '../api/types/inputs.js';
import type { GenerateOptions, ReconstructOptions } from '../api/types/options.js';
import type { Raster } from '../media/raster.js';
import type { HumanPose } from '../modalities/text/human-poses.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import type { SamMask } from '../modalities/text/sam-masks.js';
import type { SentError } from './errors.js';
import type { SentResult } from './results.js';

/** Opens a connection. */
export interface Connect {
  readonly connectFourM: MessagePort;
}

/** From the worker, before anything else: it has taken the port. */
export interface Hello {
  readonly hello: {
    /** A Web Lock that the worker holds until it ends; undefined where there are none. */
    readonly lock?: string | undefined;
  };
}

/** Requests and their types. Signals and functions in options are not sent: {@link Cancel} and {@link ListenerCall} replace them. */
export interface Requests {
  load: {
    args: [id: string];
    options: LoadOptions;
    value: Pick<Model, 'name' | 'modalities' | 'description' | 'infos'> & { readonly backend: Backend };
  };
  generateMany: {
    args: [samples: readonly Inputs[]];
    options: GenerateOptions;
    value: Record<string, SentResult>[];
  };
  reconstruct: {
    args: [name: string, values: readonly Input[]];
    options: ReconstructOptions;
    value: SentResult[];
  };
  features: {
    args: [name: string, pictures: readonly Input[]];
    options: object;
    value: (Raster<Float32Array> | Float32Array)[];
  };
  bodyPoses: { args: [people: readonly HumanPose[]]; options: object; value: Float32Array[] };
  masks: { args: [objects: readonly SamInstance[]]; options: object; value: SamMask[] };
  release: { args: []; options: object; value: undefined };
  dispose: { args: []; options: object; value: undefined };
}

/** To the worker: a request, identified by the number `call`. */
export interface Call<Name extends keyof Requests = keyof Requests> {
  readonly call: number;
  readonly request: Name;
  readonly args: Requests[Name]['args'];
  readonly options: Requests[Name]['options'];
  /** Names of the functions that the options have. */
  readonly listeners: readonly string[];
}

/** To the worker: the signal of a call has fired. */
export interface Cancel {
  readonly cancel: number;
}

/** From the worker: a function in the options of a call was called. */
export interface ListenerCall {
  readonly call: number;
  readonly listener: string;
  readonly argument: unknown;
}

/** From the worker: how a call ended. */
export type Reply = { readonly call: number } & ({ readonly value: unknown } | { readonly error: SentError });
