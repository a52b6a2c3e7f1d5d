export const bundlePath: string;
export function bundleGradients(): Promise<void>;
export function ensureGradients(): Promise<void>;
