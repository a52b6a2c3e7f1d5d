export const GENERATED: string;
export function generate(): Promise<void>;
export function ensureGenerated(): Promise<void>;
