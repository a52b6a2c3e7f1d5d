import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError, InvalidInputError } from '../errors.js';
import type { Random } from '../random.js';
import type { Initializer } from './initializers.js';
import { disposePacked, type PackedMatrix, packMatrix, readPacked } from './packed/packed-matrix.js';
import { packedBytes, packedDtype, type WeightDtype, wordsPerRow } from './packed/packing.js';
import { standIns } from './stand-ins.js';
import { transpose } from './transpose.js';

/** Options of a parameter. */
export interface ParameterOptions {
  /** Initialisation for training. */
  init: Initializer;
  /**
   * Matrices are published as [out, in] and kept as [in, out], the order in which every backend multiplies fastest. A
   * convolution over whole patches, [out, C, h, w], is such a matrix with in = C·h·w.
   */
  transposed?: boolean;
  /**
   * Matrices that are multiplied with, or whose rows are looked up, may be stored in fewer bits, then in the published layout [out, in],
   * `transposed` or not.
   */
  packable?: boolean;
  /** False for buffers: stored in checkpoints, never trained. */
  trainable?: boolean;
  /** False for biases, norms and other parameters without weight decay. */
  decay?: boolean;
}

/**
 * One named tensor of a model. A model is built from its configuration, with parameters that hold no values yet; they are then
 * loaded from a checkpoint or initialised.
 */
export class Parameter {
  /** Published names; more than one where two modules share the tensor. */
  readonly names: string[];
  /** Shape as published. */
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly decay: boolean;
  readonly #transposed: boolean;
  readonly #packable: boolean;
  readonly #init: Initializer;
  #dtype: WeightDtype = 'f32';
  #value: tf.Variable | undefined;
  #packed: PackedMatrix | undefined;
  /** State of tfjs's engine when the values were loaded. `tf.engine().reset()` replaces it, and frees all tensors. */
  #engineState: unknown;

  constructor(name: string, shape: readonly number[], options: ParameterOptions) {
    this.names = [name];
    this.shape = shape;
    this.trainable = options.trainable ?? true;
    this.decay = options.decay ?? false;
    this.#transposed = options.transposed ?? false;
    this.#packable = options.packable ?? false;
    this.#init = options.init;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  /** False also after `tf.disposeVariables`, `tf.engine().reset()` and the like, which dispose of all tensors. */
  get loaded(): boolean {
    if (this.#engineState !== tf.engine().state) return false;
    // `tf.disposeVariables` does not mark variables as disposed; it removes them from the engine.
    const variable = (this.#value ?? this.#packed?.words) as tf.Variable | undefined;
    return variable !== undefined && tf.engine().state.registeredVariables[variable.name] === variable;
  }

  /** Storage type of the values. */
  get dtype(): WeightDtype {
    return this.#packable ? (standIns()?.dtype ?? this.#dtype) : this.#dtype;
  }

  /**
   * Sets the storage type of values loaded later. Parameters that cannot be packed (norms, biases, position tables, which are
   * small) stay in 32 bits.
   *
   * @throws InvalidInputError if it is loaded already
   */
  setDtype(dtype: WeightDtype): void {
    if (this.loaded)
      throw new InvalidInputError(`"${this.names[0]}" is loaded as ${this.#dtype}; set ${dtype} before loading`);
    if (this.#packable) this.#dtype = dtype;
  }

  /** Bytes on the device with a storage type. */
  byteLengthAs(dtype: WeightDtype): number {
    const packed = packedDtype(dtype);
    if (packed === undefined || !this.#packable) return 4 * this.size;
    return packedBytes(...this.#matrix(), packed);
  }

  /**
   * The tensor on the device; transposed matrices are [in, out]. Only {@link dispose} may dispose of it.
   *
   * @throws CheckpointError before it is loaded
   * @throws InvalidInputError if it is packed: rounded weights cannot be trained or changed
   */
  get value(): tf.Variable {
    this.#checkUnpacked();
    const empty = standIns();
    if (empty) {
      const [rows, columns] = this.#matrix();
      return empty.tensor(this.#transposed ? [columns, rows] : this.shape, 'float32') as tf.Variable;
    }
    if (!this.#value) throw this.#notLoaded();
    return this.#value;
  }

  /** The packed matrix, if {@link dtype} is not f32. @throws CheckpointError before it is loaded */
  get packed(): PackedMatrix {
    const empty = standIns();
    const packed = packedDtype(this.dtype);
    if (empty && packed !== undefined) {
      const [rows, width] = this.#matrix();
      return {
        words: empty.tensor([rows, wordsPerRow(width, packed)], 'int32') as tf.Tensor2D,
        scales: packed === 'int8' ? (empty.tensor([rows], 'float32') as tf.Tensor1D) : undefined,
        width,
        quantizesInputs: this.dtype === 'int8-dynamic',
      };
    }
    if (!this.#packed) throw this.#notLoaded();
    return this.#packed;
  }

  /** Loads values in the published layout. @throws CheckpointError for values that {@link dtype} cannot represent */
  load(values: Float32Array): void {
    if (values.length !== this.size) {
      throw new CheckpointError(`"${this.names[0]}" takes ${this.size} values [${this.shape}], not ${values.length}`);
    }
    if (!this.loaded) this.#forget();
    const [rows, columns] = this.#matrix();
    if (this.#dtype !== 'f32') {
      this.#engineState = tf.engine().state;
      const packed = packMatrix(values, rows, this.#dtype, this.names[0]!);
      if (this.#packed) disposePacked(this.#packed);
      this.#packed = packed;
      return;
    }
    const tensor = this.#transposed
      ? tf.tensor(transpose(values, rows, columns), [columns, rows], 'float32')
      : tf.tensor(values, [...this.shape], 'float32');
    this.assign(tensor);
    tensor.dispose();
  }

  /** Copies the values of a tensor in the layout of {@link value}. */
  assign(tensor: tf.Tensor): void {
    this.#checkUnpacked();
    if (!this.loaded) this.#forget();
    this.#engineState = tf.engine().state;
    if (this.#value) this.#value.assign(tensor);
    else this.#value = tf.variable(tensor, this.trainable);
  }

  /** Initialises the values for training. */
  initialize(random: Random): void {
    const values = new Float32Array(this.size);
    this.#init(values, random, this.shape);
    this.load(values);
  }

  /** The values in the published layout; of packed parameters, the rounded values. */
  async read(): Promise<Float32Array> {
    if (this.#dtype !== 'f32') return readPacked(this.packed);
    return this.toPublishedLayout((await this.value.data()) as Float32Array);
  }

  /** Converts values from the layout of {@link value} (such as an optimizer's moments) to the published layout. */
  toPublishedLayout(values: Float32Array): Float32Array {
    const [rows, columns] = this.#matrix();
    return this.#transposed ? transpose(values, columns, rows) : values;
  }

  #matrix(): [rows: number, columns: number] {
    const rows = this.shape[0]!;
    return [rows, this.size / rows];
  }

  #checkUnpacked(): void {
    if (this.dtype === 'f32') return;
    throw new InvalidInputError(
      `"${this.names[0]}" is kept as ${this.#dtype}, and packed weights cannot be trained or changed: load it as f32`,
    );
  }

  #notLoaded(): CheckpointError {
    return new CheckpointError(`the tensor "${this.names[0]}" was used before it was loaded`);
  }

  /** Releases the device memory. */
  dispose(): void {
    if (this.loaded) {
      this.#value?.dispose();
      if (this.#packed) disposePacked(this.#packed);
    }
    this.#forget();
  }

  #forget(): void {
    this.#value = undefined;
    this.#packed = undefined;
  }
}

/** Collects the parameters of a model while it is built, each under its published name. */
export class ParameterList {
  readonly all: Parameter[];
  readonly #prefix: string;

  constructor(prefix = '', all: Parameter[] = []) {
    this.#prefix = prefix;
    this.all = all;
  }

  /** The same list, with `name.` added to the prefix of names. */
  scope(name: string): ParameterList {
    return new ParameterList(`${this.#prefix}${name}.`, this.all);
  }

  /** Adds a parameter with the list's prefix and this name. */
  add(name: string, shape: readonly number[], options: ParameterOptions): Parameter {
    const parameter = new Parameter(this.#prefix + name, shape, options);
    this.all.push(parameter);
    return parameter;
  }

  /** Gives an existing parameter one more name. */
  share(name: string, parameter: Parameter): Parameter {
    parameter.names.push(this.#prefix + name);
    return parameter;
  }
}
