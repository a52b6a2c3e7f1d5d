import * as v from 'valibot';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { tokenizerOf } from './vocabulary.js';

/** `text.encode`: texts to ids and back. */
export function textEncode(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  (task.json() as { text: string }[]).forEach(({ text }, i) => {
    const ids = tokenizer.encode(text);
    out.value(`/${i}`, {
      ids,
      tokens: ids.map((id) => tokenizer.idToToken(id)),
      decoded_keep_special: tokenizer.decode(ids),
      decoded_skip_special: tokenizer.decode(ids, { skipSpecial: true }),
    });
  });
}

/** `text.decode`: arbitrary ids to texts. */
export function textDecode(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  (task.json() as { ids: number[] }[]).forEach(({ ids }, i) => {
    out.attempt(`/${i}`, () => ({
      keep: tokenizer.decode(ids),
      skip: tokenizer.decode(ids, { skipSpecial: true }),
    }));
  });
}

const namesSchema = v.strictObject({
  coordinate_axes: v.array(v.string()),
  object_classes: v.array(v.string()),
  words: v.array(v.string()),
});

/** `text.special_ids`: the ids of special tokens, of classes, and of some words. */
export function specialIds(task: Inputs, out: Outputs): void {
  const tokenizer = tokenizerOf(task);
  const asked = optionsOf(namesSchema, task.options.names, 'names');
  const idsOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, tokenizer.tokenToId(name)]));
  const coordinates = asked.coordinate_axes.map((axis) => {
    const ids: number[] = [];
    for (
      let id = tokenizer.tokenToId(`${axis}=0`);
      id !== undefined;
      id = tokenizer.tokenToId(`${axis}=${ids.length}`)
    ) {
      ids.push(id);
    }
    const contiguous = ids.every((id, i) => id === ids[0]! + i);
    return [axis, { first_id: ids[0], last_id: ids.at(-1), contiguous }];
  });
  out.value('', {
    n_added_tokens: tokenizer.toJSON().added_tokens.length,
    vocab_size: tokenizer.vocabSize,
    pad: tokenizer.padId,
    unk: tokenizer.unkId,
    sos: tokenizer.sosId,
    eos: tokenizer.eosId,
    sentinel_number_to_id: Object.fromEntries(tokenizer.sentinelIds.map((id, k) => [String(k), id])),
    coordinate_tokens: Object.fromEntries(coordinates),
    object_class_tokens: idsOf(asked.object_classes),
    words: idsOf(asked.words),
  });
}
