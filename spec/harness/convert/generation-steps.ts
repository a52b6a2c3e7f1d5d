import type { Draft } from './draft.js';

/** The results of each generation step, in order: the logits of its passes, the sampled tokens, and the target. */
export function resultsByStep(draft: Draft): string[][] {
  // Absent if no target is generated token by token.
  const log = (draft.source.about.call_log ?? []) as string[];
  const schemes = draft.field<{ scheme: string }[]>('schedule').map(({ scheme }) => scheme);
  const names = Object.keys(draft.tensors);
  const steps: string[][] = [[]];
  const add = (prefix: string) => steps.at(-1)!.push(...names.filter((name) => name.startsWith(`out.${prefix}.`)));
  const calls = log.filter((event) => event.startsWith('call'));
  for (const event of log) {
    const [, name, modality] = /^(call\d+|sel\d+)(?:\.logits\[(.*)\])?$/.exec(event) ?? [];
    if (name === undefined) continue;
    add(name);
    const next = calls[calls.indexOf(event) + 1];
    const isLastToken = schemes[steps.length - 1] === 'autoregressive' && !next?.endsWith(`.logits[${modality}]`);
    if (!name.startsWith('sel') && !isLastToken) continue;
    add(`step${String(steps.length - 1).padStart(3, '0')}`);
    steps.push([]);
  }
  return steps;
}
