/** What the scorecard is made of, in the order in which it is played. */
export const partNames = ['mistakes', 'patches', 'kills'] as const;
export type PartName = (typeof partNames)[number];
