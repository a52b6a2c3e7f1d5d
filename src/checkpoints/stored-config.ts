import { type ConfigValue, parseConfig } from './metadata.js';
import type { SafetensorsFile } from './safetensors.js';

/** Libraries write their own names under this key. */
const FORMATS = ['pt', 'np', 'tf', 'flax', 'mlx'];

/**
 * The configuration in the header of a checkpoint, without the notes that libraries add: `format`, and, by `save_model` of the
 * library safetensors, for each tensor that is left out because another has the same memory, the name of that one.
 *
 * @throws CheckpointError as {@link parseConfig} does
 */
export function storedConfig({
  metadata,
  tensors,
}: Pick<SafetensorsFile, 'metadata' | 'tensors'>): Record<string, ConfigValue> {
  const isNote = (key: string, value: string) =>
    (key === 'format' && FORMATS.includes(value)) || (!tensors.has(key) && tensors.has(value));
  return parseConfig(Object.fromEntries(Object.entries(metadata).filter(([key, value]) => !isNote(key, value))));
}
