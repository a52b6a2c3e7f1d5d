/** Removes passwords, signed queries and tokens from addresses and messages. */

/** The part of an address that may be shown: without user name and password, and without the values of its query. */
export function redactedAddress(address: string): string {
  return address
    .replace(/^(data:[^,]{0,40}).*$/is, '$1,…')
    .replace(/(\/\/)[^/?#]*@/g, '$1…@')
    .replace(/\?[^#]+/, '?…')
    .replace(/#.*/s, '');
}

/** Removes the secrets of all addresses in a message, and the given secrets. */
export function redactedText(text: string, secrets: readonly (string | undefined)[] = []): string {
  const rest = secrets.reduce<string>((message, secret) => (secret ? message.replaceAll(secret, '…') : message), text);
  return rest.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, redactedAddress);
}
