const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `45s`, `30m`, `2h`, `1d` in milliseconds; undefined for anything else. */
export function spanOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit as keyof typeof unitMs] ?? 0);
  return ms > 0 ? ms : undefined;
}
