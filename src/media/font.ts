/**
 * A bitmap font for printable ASCII, drawn for this project: 5 dots wide, 7 high, and 2 below the baseline. Each character
 * is nine base-32 digits, a row each from top to bottom, whose five bits are the dots from left to right.
 */
const GLYPHS = (
  '000000000 444440400 aa0000000 aavavaa00 4fke5u400 pq248bj00 cik8lid00 440000000 ' +
  '248884200 842224800 04lel4000 0044v4400 000000448 0000v0000 000000400 11248gg00 ' +
  'ehjlphe00 4c4444e00 eh1248v00 eh161he00 26aiv2200 vgu11he00 68guhhe00 v12444400 ' +
  'ehhehhe00 ehhf12c00 004000400 004000448 024842000 00v0v0000 084248000 eh1240400 ' +
  'ehnlngf00 ehhvhhh00 uhhuhhu00 ehggghe00 uhhhhhu00 vgguggv00 vgguggg00 ehgnhhe00 ' +
  'hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hppljjh00 ehhhhhe00 ' +
  'uhhuggg00 ehhhlid00 uhhukih00 fgge11u00 v44444400 hhhhhhe00 hhhhha400 hhhllrh00 ' +
  'hha4ahh00 hha444400 v1248gv00 e88888e00 gg8421100 e22222e00 4ah000000 000000v00 ' +
  '840000000 00e1fhf00 gguhhhu00 00ehghe00 11fhhhf00 00ehvge00 688u88800 00fhhhf1e ' +
  'gguhhhh00 40c444e00 20622222c ggikoki00 c44444e00 00qllll00 00uhhhh00 00ehhhe00 ' +
  '00uhhhugg 00fhhhf11 00mpggg00 00fge1u00 88u888600 00hhhhf00 00hhha400 00hllla00 ' +
  '00ha4ah00 00hhhhf1e 00v248v00 244844200 444444400 844244800 008l20000 '
).split(' ');

/** Dots of a character across and down. */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 9;

/** Drawn for a character that the font lacks. */
const UNKNOWN = 'vhhhhhv00';

/** True if the dot (x, y) of a character is set. */
export function glyphDot(char: string, x: number, y: number): boolean {
  const glyph = GLYPHS[char.codePointAt(0)! - 0x20] || UNKNOWN;
  return ((Number.parseInt(glyph[y]!, 32) >> (GLYPH_WIDTH - 1 - x)) & 1) === 1;
}
