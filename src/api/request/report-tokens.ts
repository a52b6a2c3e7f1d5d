/** Tokens of a step as `onTokens` reports them: modalities by short name, and texts of tokens. */
import type { GeneratedTokens as DecodedTokens } from '../../decoding/chain.js';
import type { SampledToken } from '../../decoding/sampling.js';
import type { InputAttention as DecodedAttention } from '../../decoding/token-details.js';
import type { ModelParts } from '../resources/model-parts.js';
import { isWords, modalityNamed } from '../types/description.js';
import type { GeneratedTokens, InputAttention, LikelyToken } from '../types/options.js';

/** @param names of all inputs and generated modalities; if one of them is a text, the vocabulary is loaded */
export async function tokenReports(
  model: ModelParts,
  names: readonly string[],
  onTokens: (tokens: GeneratedTokens) => void,
  signal: AbortSignal | undefined,
): Promise<(tokens: DecodedTokens) => void> {
  const about = (name: string) => modalityNamed(model.description, name);
  const text = names.some((name) => isWords(about(name))) ? await model.text(signal) : undefined;
  const nameOf = (modality: string) =>
    names.find((name) => {
      const own = about(name);
      return own.tokens === modality || ('pixels' in own && own.pixels === modality);
    })!;
  const withText = (isText: boolean, { id, probability }: SampledToken): LikelyToken => {
    return { id, probability, ...(isText && { text: text!.idToToken(id) }) };
  };
  const attentionTo = ({ modality, shares, ids }: DecodedAttention): InputAttention => ({
    modality: nameOf(modality),
    shares,
    ...(ids && { texts: Array.from(ids, (id) => text!.idToToken(id)) }),
  });
  return ({ modality, samples }) => {
    const name = nameOf(modality);
    const isText = isWords(about(name));
    onTokens({
      modality: name,
      samples: samples.map((tokens) =>
        tokens.map(({ position, alternatives, attention, ...token }) => ({
          position,
          ...withText(isText, token),
          ...(alternatives && { alternatives: alternatives.map((each) => withText(isText, each)) }),
          ...(attention && { attention: attention.map((pass) => pass.map(attentionTo)) }),
        })),
      ),
    });
  };
}
