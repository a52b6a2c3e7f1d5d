import * as v from 'valibot';
import { projectedJoints } from '../../../modalities/people/posed-joints.js';
import { type HumanPose, humanPosesToText, readHumanPoses } from '../../../modalities/text/human-poses.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { WordsModality } from '../../types/description.js';
import type { GivenPose } from '../../types/inputs.js';
import type { PredictedPose } from '../../types/results.js';
import { posesMethods } from '../drawing.js';
import { EmbeddedValues } from './embedded-values.js';
import { box, numbers, type TextFormat, valuesInText } from './format.js';

type PosesModality = Extract<WordsModality, { readonly kind: 'poses' }>;

/** The tokens of a body pose, 8 of a codebook of their own each. */
const POSE_TOKENS = new EmbeddedValues<HumanPose>({
  kind: 'poses',
  info: { name: 'body poses', id: 0, kind: 'image-tokens', maxTokens: 8 },
  publishedTokenizer: 'EPFL-VILAB/4M_tokenizers_human-poses_1k_8',
  words: 39,
  sourceOf: (tokenizer) => ({ kind: 'embedding', tokenizer }),
  tokensOf: ({ poseTokens }) => poseTokens,
});

const common = { box, globalOrientation: numbers, camera: numbers, shape: numbers };
const schema = v.array(
  v.union([v.object({ ...common, poseTokens: numbers }), v.object({ ...common, bodyPose: numbers })]),
);

/** People, by the parameters of the SMPL body model. */
export function posesFormat(modality: PosesModality): TextFormat {
  return valuesInText(
    'people',
    schema,
    async (people, model) => {
      const read: HumanPose[] = [];
      for (const person of people) read.push(await withTokens(person, modality, model));
      return humanPosesToText(read);
    },
    async (tokens, text, model) => {
      const parsed = await POSE_TOKENS.withDecodedTokens(readHumanPoses(text), modality, model, withJoints);
      return { kind: 'poses', tokens, text, ...parsed, ...posesMethods(parsed.values) };
    },
    POSE_TOKENS.tokenizerOf(modality),
  );
}

async function withTokens(person: GivenPose, modality: PosesModality, model: ModelParts): Promise<HumanPose> {
  if ('poseTokens' in person) {
    await POSE_TOKENS.checkTokens(person, modality, model);
    return person;
  }
  const { bodyPose, ...rest } = person;
  return { ...rest, poseTokens: await POSE_TOKENS.tokenize(Float32Array.from(bodyPose), modality, model) };
}

function withJoints(person: HumanPose, bodyPose: Float32Array): PredictedPose {
  return { ...person, bodyPose, joints: projectedJoints({ ...person, bodyPose }) };
}

/** Decodes the pose tokens of people, [207] each. */
export function bodyPoses(people: readonly HumanPose[], model: ModelParts): Promise<Float32Array[]> {
  return POSE_TOKENS.decode(people, model);
}

/** Downloads what {@link bodyPoses} needs. @throws CancelledError when the signal fires */
export function fetchForBodyPoses(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return POSE_TOKENS.fetch('detokenize', model, signal);
}

/** Downloads what is needed to read people, if that is what an input is, and their poses are given. @throws CancelledError */
export async function fetchForPoses(input: unknown, model: ModelParts, signal?: AbortSignal): Promise<void> {
  const isPose = (person: unknown) =>
    typeof person === 'object' && person !== null && 'bodyPose' in person && !('poseTokens' in person);
  if (!Array.isArray(input) || !input.some(isPose)) return;
  await POSE_TOKENS.fetch('tokenize', model, signal);
}
