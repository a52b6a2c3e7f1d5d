import * as v from 'valibot';
import { InvalidInputError } from '../../../errors.js';
import { projectedJoints } from '../../../modalities/people/posed-joints.js';
import { type HumanPose, humanPosesToText, readHumanPoses } from '../../../modalities/text/human-poses.js';
import {
  checkEmbedded,
  detokenizeEmbedded,
  type EmbeddedTokens,
  fetchEmbedded,
  knownTokens,
  tokenizeEmbedded,
} from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { ModelDescription, WordsModality } from '../../types/description.js';
import type { GivenPose } from '../../types/inputs.js';
import type { PredictedPose } from '../../types/results.js';
import { posesMethods } from '../drawing.js';
import { box, numbers, type TextFormat, valuesInText } from './format.js';

type PosesModality = Extract<WordsModality, { readonly kind: 'poses' }>;

/** The tokenizer of published models, which also stands in where a model has no people. */
const PUBLISHED = 'EPFL-VILAB/4M_tokenizers_human-poses_1k_8';
/** Words of a person's text. */
const WORDS = 39;

/** The tokens of a body pose, 8 of a codebook of their own each. */
const INFO = { name: 'body poses', id: 0, kind: 'image-tokens', maxTokens: 8 } as const;

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
      const { values: parsed, unparsed } = readHumanPoses(text);
      const values = isPackaged(modality) ? await withJoints(parsed, modality, model) : parsed;
      const lost = WORDS * (parsed.length - values.length);
      return { kind: 'poses', tokens, text, values, unparsed: unparsed + lost, ...posesMethods(values) };
    },
  );
}

function isPackaged(modality: PosesModality): boolean {
  return 'tokenizer' in modality && modality.tokenizer !== undefined;
}

/** People with their decoded poses, without those whose tokens the package's tokenizer does not have. */
async function withJoints(
  poses: readonly HumanPose[],
  modality: PosesModality,
  model: ModelParts,
): Promise<PredictedPose[]> {
  const isKnown = await knownTokens(model, tokensOf(modality));
  const people = poses.filter(({ poseTokens }) => isKnown(poseTokens));
  const bodyPoses = await detokenizeEmbedded(
    model,
    tokensOf(modality),
    people.map(({ poseTokens }) => poseTokens),
  );
  return people.map((person, i) => {
    const bodyPose = bodyPoses[i]!;
    return { ...person, bodyPose, joints: projectedJoints({ ...person, bodyPose }) };
  });
}

async function withTokens(person: GivenPose, modality: PosesModality, model: ModelParts): Promise<HumanPose> {
  if ('poseTokens' in person) {
    if (isPackaged(modality)) await checkEmbedded(model, tokensOf(modality), person.poseTokens);
    return person;
  }
  const { bodyPose, ...rest } = person;
  const tokens = await tokenizeEmbedded(model, tokensOf(modality), Float32Array.from(bodyPose));
  return { ...rest, poseTokens: tokens };
}

/** Decodes the pose tokens of people, [207] each. */
export function bodyPoses(people: readonly HumanPose[], model: ModelParts): Promise<Float32Array[]> {
  const tokens = people.map(({ poseTokens }) => poseTokens);
  return detokenizeEmbedded(model, tokensOf(posesIn(model.description)), tokens);
}

/** Downloads what {@link bodyPoses} needs. @throws CancelledError when the signal fires */
export function fetchForBodyPoses(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return fetchEmbedded(model, tokensOf(posesIn(model.description)), 'detokenize', signal);
}

/** Downloads what is needed to read people, if that is what an input is, and their poses are given. @throws CancelledError */
export async function fetchForPoses(input: unknown, model: ModelParts, signal?: AbortSignal): Promise<void> {
  const isPose = (person: unknown) =>
    typeof person === 'object' && person !== null && 'bodyPose' in person && !('poseTokens' in person);
  if (!Array.isArray(input) || !input.some(isPose)) return;
  await fetchEmbedded(model, tokensOf(posesIn(model.description)), 'tokenize', signal);
}

function posesIn({ modalities }: ModelDescription): PosesModality | undefined {
  return Object.values(modalities).find((modality) => modality.kind === 'poses');
}

/**
 * The package's own tokenizer, or for published models and those without people the published one.
 *
 * @throws InvalidInputError if a package has none
 */
function tokensOf(modality: PosesModality | undefined): EmbeddedTokens {
  if (!modality || 'publishedTokenizer' in modality) {
    const tokenizer = modality?.publishedTokenizer ?? PUBLISHED;
    return { source: { kind: 'published', tokenizer }, info: INFO };
  }
  const { tokenizer } = modality;
  if (tokenizer === undefined) throw new InvalidInputError('the package has no tokenizer of body poses');
  return { source: { kind: 'embedding', tokenizer }, info: INFO };
}
