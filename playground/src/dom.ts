/** Creates an element with properties. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), properties);
}

/** The element with an id. @throws Error if there is none */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element '${id}'`);
  return found as T;
}

/** A field with its label before it. */
export function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  const label = element('label', { textContent: `${text} ` });
  label.append(field);
  return label;
}
