/** Addresses and messages without what must not be shown: passwords, signed queries, tokens. */

/** The part of an address that may be shown: without user name and password, and without the values of its query. */
export function redactedAddress(address: string): string {
  return address
    .replace(/^(data:[^,]{0,40}).*$/is, '$1,…')
    .replace(/(\/\/)[^/?#]*@/g, '$1…@')
    .replace(/\?[^#]+/, '?…')
    .replace(/#.*/s, '');
}

/** A message in which no address shows a secret, nor any of the given secrets. */
export function redactedText(text: string, secrets: readonly (string | undefined)[] = []): string {
  const rest = secrets.reduce<string>((message, secret) => (secret ? message.replaceAll(secret, '…') : message), text);
  return rest.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, redactedAddress);
}
