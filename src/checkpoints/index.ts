/** Weights: safetensors files, and the configurations that published ones carry in their header. */
export { type ByteRange, type ByteSource, bytesSource } from './byte-source.js';
export { type CountedSource, countedSource } from './counted-source.js';
export { type Arrays, DTYPES, type Dtype, type StoredDtype, type TensorData, UNREAD_BITS } from './dtypes.js';
export { type ConfigValue, formatConfig, PythonDate, parseConfig, parseConfigValue } from './metadata.js';
export { openSafetensors, readSafetensors, type SafetensorsFile, type SafetensorsSource } from './safetensors.js';
export type { TensorEntry } from './safetensors-header.js';
export { type NamedTensor, writeSafetensors } from './safetensors-writer.js';
