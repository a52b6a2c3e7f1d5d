/** The line that says what the page does, and what went wrong. */
import { byId } from './dom.js';
import { withoutFolderAddress } from './models/disk-folder.js';

export function tell(text: string, failed = false): void {
  const status = byId('status');
  status.textContent = text;
  status.classList.toggle('failed', failed);
}

/** An error as a sentence. */
export function tellError(error: unknown): void {
  const message = withoutFolderAddress((error as Error).message);
  tell(`${message[0]?.toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`, true);
}
