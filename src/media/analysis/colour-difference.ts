/** Differences of CIELAB colours; about 2.3 is just noticeable. (scikit-image's `deltaE_*`.) */
import type { Triple } from './per-pixel.js';

const DEGREE = Math.PI / 180;
const TURN = 2 * Math.PI;
/** 25⁷, in the chroma corrections of CIEDE2000. */
const CHROMA_KNEE = 25 ** 7;

/** Euclidean distance (CIE 1976). */
export function deltaE76(first: Triple, second: Triple): number {
  return Math.hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2]);
}

/** CIE 1994 with the weights for graphic arts. Not symmetric: the first colour is the reference. */
export function deltaE94(reference: Triple, sample: Triple): number {
  const chroma = Math.hypot(reference[1], reference[2]);
  const other = Math.hypot(sample[1], sample[2]);
  const lightness = (reference[0] - sample[0]) ** 2;
  const chromaTerm = ((chroma - other) / (1 + 0.045 * chroma)) ** 2;
  const dot = reference[1] * sample[1] + reference[2] * sample[2];
  const cross = reference[1] * sample[2] - reference[2] * sample[1];
  // 2 (|u||v| − u·v), which loses its digits where the hues are close.
  const squaredHueStep = dot > 0 ? (2 * cross ** 2) / (chroma * other + dot) : 2 * (chroma * other - dot);
  return Math.sqrt(Math.max(0, lightness + chromaTerm + squaredHueStep / (1 + 0.015 * chroma) ** 2));
}

/**
 * CIEDE2000 with all parametric factors 1. (Sharma, Wu and Dalal, 2005.) Where one of the colours is neutral, the hue
 * difference is 0 and the mean hue is that of the other. Hues are in radians, as in scikit-image: of hues that are exactly opposite,
 * rounding decides the side on which their mean lies.
 */
export function deltaE2000(first: Triple, second: Triple): number {
  const knee = kneeOf((Math.hypot(first[1], first[2]) + Math.hypot(second[1], second[2])) / 2);
  const stretch = 1 + 0.5 * (1 - knee);
  const [chroma1, hue1] = polar(first[1] * stretch, first[2]);
  const [chroma2, hue2] = polar(second[1] * stretch, second[2]);

  let hueStep = hue2 - hue1;
  let hueSum = hue1 + hue2;
  if (chroma1 * chroma2 === 0) {
    hueStep = 0;
    hueSum *= 2;
  } else if (Math.abs(hueStep) > Math.PI) {
    hueStep += hueStep > 0 ? -TURN : TURN;
    hueSum += hueSum < TURN ? TURN : -TURN;
  }
  const lightness = (first[0] + second[0]) / 2 - 50;
  const chroma = (chroma1 + chroma2) / 2;
  const hue = hueSum / 2;

  const t =
    1 -
    0.17 * Math.cos(hue - 30 * DEGREE) +
    0.24 * Math.cos(2 * hue) +
    0.32 * Math.cos(3 * hue + 6 * DEGREE) -
    0.2 * Math.cos(4 * hue - 63 * DEGREE);
  const l = (second[0] - first[0]) / (1 + (0.015 * lightness ** 2) / Math.sqrt(20 + lightness ** 2));
  const c = (chroma2 - chroma1) / (1 + 0.045 * chroma);
  const h = (2 * Math.sqrt(chroma1 * chroma2) * Math.sin(hueStep / 2)) / (1 + 0.015 * chroma * t);
  const rotation = -2 * kneeOf(chroma) * Math.sin(60 * DEGREE * Math.exp(-(((hue / DEGREE - 275) / 25) ** 2)));
  return Math.sqrt(Math.max(0, l * l + c * c + h * h + rotation * c * h));
}

function kneeOf(chroma: number): number {
  return Math.sqrt(chroma ** 7 / (chroma ** 7 + CHROMA_KNEE));
}

/** Chroma, and hue in radians, 0 ≤ h < 2π. */
function polar(a: number, b: number): [chroma: number, hue: number] {
  const hue = Math.atan2(b, a);
  return [Math.hypot(a, b), hue < 0 ? hue + TURN : hue];
}
