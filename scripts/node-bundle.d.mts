export function bundleForNode(root: string): Promise<void>;
