/**
 * The orientation in an EXIF block: how a picture must be turned for viewing (EXIF 2.32, tag 0x0112). Damaged blocks and
 * unknown codes count as 1 (as stored): a picture is not rejected for its metadata.
 *
 * @param tiff  the block from its byte order mark on
 */
export function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const mark = view.getUint16(0);
    if (mark !== 0x4949 && mark !== 0x4d4d) return 1;
    const little = mark === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== 0x0112) continue;
      const code = view.getUint16(entry + 8, little);
      return code >= 1 && code <= 8 ? code : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset beyond the block
  }
  return 1;
}
