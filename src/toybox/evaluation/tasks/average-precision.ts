import type { Figure } from '../task.js';

/** The figures of detection, of boxes or of masks. */
export function averagePrecision({ ap, ap50 }: Readonly<Record<'ap' | 'ap50', number | null>>): Figure[] {
  return [
    { metric: 'AP', better: 'higher', value: ap },
    { metric: 'AP at IoU 0.5', better: 'higher', value: ap50 },
  ];
}
