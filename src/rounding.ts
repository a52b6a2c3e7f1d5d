/** Rounds to the nearest whole number, halves to the even one, as Python does; published strings and schedules depend on it. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
