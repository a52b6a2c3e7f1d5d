import * as v from 'valibot';
import { type HumanPose, humanPosesToText, readHumanPoses } from '../../../modalities/text/human-poses.js';
import { detokenizeEmbedded, type EmbeddedTokens, fetchEmbedded, tokenizeEmbedded } from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { GivenPose } from '../../types/inputs.js';
import { posesMethods } from './drawing.js';
import { box, numbers, valuesInText } from './format.js';

const BODY_POSES: EmbeddedTokens = {
  tokenizer: 'EPFL-VILAB/4M_tokenizers_human-poses_1k_8',
  info: { name: 'body poses', id: 0, kind: 'image-tokens', maxTokens: 8 },
};

const common = { box, globalOrientation: numbers, camera: numbers, shape: numbers };
const schema = v.array(
  v.union([v.object({ ...common, poseTokens: numbers }), v.object({ ...common, bodyPose: v.instance(Float32Array) })]),
);

/** People, by the parameters of the SMPL body model. */
export const POSES = valuesInText(
  'people',
  schema,
  async (people, model) => {
    const read: HumanPose[] = [];
    for (const person of people) read.push(await withTokens(person, model));
    return humanPosesToText(read);
  },
  (tokens, text) => {
    const reading = readHumanPoses(text);
    return { kind: 'poses', tokens, text, ...reading, ...posesMethods(reading.values) };
  },
);

async function withTokens(person: GivenPose, model: ModelParts): Promise<HumanPose> {
  if ('poseTokens' in person) return person;
  const { bodyPose, ...rest } = person;
  return { ...rest, poseTokens: await tokenizeEmbedded(model, BODY_POSES, bodyPose) };
}

/** Decodes the pose tokens of people, [207] each. */
export function bodyPoses(people: readonly HumanPose[], model: ModelParts): Promise<Float32Array[]> {
  return detokenizeEmbedded(
    model,
    BODY_POSES,
    people.map(({ poseTokens }) => poseTokens),
  );
}

/** Downloads what {@link bodyPoses} needs. @throws CancelledError when the signal fires */
export function fetchForBodyPoses(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return fetchEmbedded(model, BODY_POSES, 'detokenize', signal);
}

/** Downloads what is needed to read people, if that is what an input is, and their poses are given. @throws CancelledError */
export async function fetchForPoses(input: unknown, model: ModelParts, signal?: AbortSignal): Promise<void> {
  const isPose = (person: unknown) => typeof person === 'object' && person !== null && 'bodyPose' in person;
  if (Array.isArray(input) && input.some(isPose)) await fetchEmbedded(model, BODY_POSES, 'tokenize', signal);
}
