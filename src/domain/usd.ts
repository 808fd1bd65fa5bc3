/** To the millionth of a dollar: differences and sums of fractions leave digits behind that nobody has paid. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
