/** A plausible mistake of a port, as an edit of one module of ours. */
export interface Mistake {
  /** The module, from the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The requirement that the report must point to. */
  readonly contradicts: string;
}
