import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LoadOptions } from '../../../../src/api/loading/load-model.js';
import { type HubServer, startHub } from '../../../hub/hub-server.js';
import { tinyModelFile, tinyTokenizerFile } from './tiny-checkpoints.js';

/** Ids of the model and of its tokenizer for CLIP features, whose tokens are quick to compute. */
export const MODEL_ID = 'EPFL-VILAB/4M-7_B_CC12M';
export const CLIP_ID = 'EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448';
/** Their checkpoints, with random weights of tiny widths. */
export const MODEL_FILE = tinyModelFile('4M-7_B');
export const CLIP_FILE = tinyTokenizerFile('vqvae__CLIP-B16__ViTB-ViTB_8k_224-448');

/** A Hub with a tiny published model. */
export interface HubModel {
  readonly hub: HubServer;
  /** A temporary folder. */
  readonly folder: string;
  /** Loads from the Hub, with a cache in the folder. */
  readonly options: LoadOptions;
}

/** Starts a Hub with the model. Hub and folder end with the test. */
export async function startHubModel(): Promise<HubModel> {
  const folder = await mkdtemp(join(tmpdir(), 'fourm-hub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const hub = await startHub({
    [`${MODEL_ID}/model.safetensors`]: MODEL_FILE,
    [`${CLIP_ID}/model.safetensors`]: CLIP_FILE,
  });
  return { hub, folder, options: { endpoint: hub.endpoint, cache: join(folder, 'cache') } };
}
