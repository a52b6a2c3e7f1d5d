/** The status line: progress, and errors. */
import { byId } from './dom.js';
import { withoutFolderAddress } from './models/disk-folder.js';

export function showStatus(text: string, failed = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('failed', failed);
}

/** An error as a sentence. */
export function showError(error: unknown): void {
  const message = withoutFolderAddress((error as Error).message);
  showStatus(`${message[0]?.toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`, true);
}
