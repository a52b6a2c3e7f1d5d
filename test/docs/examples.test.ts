import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test, vi } from 'vitest';
import * as fourm from '../../src/index.js';
import {
  tinyModelFile,
  tinyTokenizerFile,
  tinyVectorTokenizerFile,
  tinyVocabulary,
} from '../api/loading/published/tiny-checkpoints.js';
import { startHub } from '../hub/hub-server.js';
import { runExamples } from './programs.js';

const TOKENIZERS = {
  'depth_8k_224-448': 'divae__depth__ViTB-UNetP4_8k_224-448_predx0',
  'semseg_4k_224-448': 'vqvae__semseg_coco__ViTB-ViTB_4k_224-448',
  'sam-instance_1k_64': 'vqvae__sam_mask__ViTB-ViTB_1k_224_64',
};
const GLOBAL = 'vqvae__DINOv2-B14-global__BMLP1024-BMLP1024_8k_224';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fourm-docs-'));
  const tokenizers = Object.entries(TOKENIZERS).map(([name, manifest]) => {
    return [`EPFL-VILAB/4M_tokenizers_${name}/model.safetensors`, tinyTokenizerFile(manifest)];
  });
  const { endpoint } = await startHub({
    'EPFL-VILAB/4M-21_B/model.safetensors': tinyModelFile('4M-21_B'),
    'EPFL-VILAB/4M-7-SR_L_CC12M/model.safetensors': tinyModelFile('4M-7-SR_L'),
    'EPFL-VILAB/4M_tokenizers_DINOv2-B14-global_8k_16_224/model.safetensors': tinyVectorTokenizerFile(GLOBAL, 16),
    ...Object.fromEntries(tokenizers),
  });
  vi.stubEnv('HF_ENDPOINT', endpoint);
  vi.stubEnv('FOURM_CACHE', join(folder, 'cache'));
  vi.stubEnv('FOURM_TEXT_VOCABULARY', join(folder, 'vocabulary.json'));
  await writeFile(join(folder, 'vocabulary.json'), JSON.stringify(tinyVocabulary()));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fourm.releaseBackend();
  await rm(folder, { recursive: true, force: true });
});

test.each(['README.md', 'docs/checkpoints.md', 'docs/node.md'])(
  'the examples of %s run as they stand',
  runExamples,
  300_000,
);
