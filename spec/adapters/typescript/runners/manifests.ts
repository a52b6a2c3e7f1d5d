import { publishedModalities } from '../../../../src/modalities/published.js';
import type { Parameter } from '../../../../src/nn/parameters.js';
import { buildDiVae } from '../../../../src/tokenizers/diffusion/divae.js';
import { buildVqVae } from '../../../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFourM } from '../../../../src/transformer/model.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

interface Manifest {
  readonly config: Record<string, unknown>;
  /** Shapes by tensor name. */
  readonly keys: Record<string, number[]>;
}

/** `manifests`: every published model has exactly the published tensors. Nothing of their size is allocated. */
export function manifests(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, file } of reference.about.models as { name: string; file: string }[]) {
    const { config, keys } = reference.json(file) as Manifest;
    const shapes = parametersOf(name, config).flatMap((p) => p.names.map((n) => [n, [...p.shape]] as const));
    const built = Object.fromEntries(shapes);
    const wrong = [...new Set([...Object.keys(keys), ...Object.keys(built)])].filter(
      (key) => String(built[key]) !== String(keys[key]),
    );
    const few = wrong.slice(0, 3).map((key) => [key, built[key] ?? null]);
    compare.value(
      name,
      Object.fromEntries(few),
      Object.fromEntries(few.map(([key]) => [key, keys[key as string] ?? null])),
    );
  }
}

function parametersOf(name: string, config: Record<string, unknown>): readonly Parameter[] {
  if (name.startsWith('vqvae__')) return buildVqVae(config).parameters.all;
  if (name.startsWith('divae__')) return buildDiVae(config).parameters.all;
  return buildFourM(parseFourMConfig(config), publishedModalities).parameters.all;
}
