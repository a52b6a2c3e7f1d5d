/**
 * Masks the marked words of a text. In the input each run of masked words becomes one sentinel; the target lists each sentinel
 * with the words it stands for, and ends with one sentinel more.
 */
export function maskWords(words: readonly string[], masked: readonly boolean[]): { input: string; target: string } {
  const [input, target]: [string[], string[]] = [[], []];
  let spans = 0;
  words.forEach((word, i) => {
    if (!masked[i]) {
      input.push(word);
      return;
    }
    if (i === 0 || !masked[i - 1]) {
      spans++;
      input.push(`[S_${spans}]`);
      target.push(`[S_${spans}]`);
    }
    target.push(word);
  });
  target.push(`[S_${spans + 1}]`);
  return { input: input.join(' '), target: target.join(' ') };
}
