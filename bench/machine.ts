import { cpus, totalmem } from 'node:os';

/** What the figures were measured on. */
export function machineLine(): string {
  const [first] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model ?? 'unknown'}, ${memoryGb} GiB, Node ${process.version}, ${process.platform}`;
}
