import { publishedModalities } from '../../../../src/modalities/published.js';
import type { Parameter } from '../../../../src/nn/parameters.js';
import { buildDiVae } from '../../../../src/tokenizers/diffusion/divae.js';
import { buildVqVae } from '../../../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFourM } from '../../../../src/transformer/model.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** `manifests`: the tensors of every published model. No memory is allocated for their values. */
export function manifests(task: Inputs, out: Outputs): void {
  for (const { name, config } of task.options.models as { name: string; config: Record<string, unknown> }[]) {
    const shapes = parametersOf(name, config).flatMap((p) => p.names.map((n) => [n, [...p.shape]] as const));
    out.value(name, Object.fromEntries(shapes));
  }
}

function parametersOf(name: string, config: Record<string, unknown>): readonly Parameter[] {
  if (name.startsWith('vqvae__')) return buildVqVae(config).parameters.all;
  if (name.startsWith('divae__')) return buildDiVae(config).parameters.all;
  return buildFourM(parseFourMConfig(config), publishedModalities).parameters.all;
}
