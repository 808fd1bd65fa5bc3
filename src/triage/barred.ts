import type { TestReport } from '../domain/tests.ts';

/** EROFS, as Node, Python, Go, Rust and the shell say it. */
const complaint = /\bEROFS\b|Read-only file system/i;

/** Test files with a red test that wanted to write where nothing can be written. */
export function barredFiles({ tests }: TestReport): readonly string[] {
  const barred = tests.filter(({ status, message = '' }) => status === 'failed' && complaint.test(message));
  return [...new Set(barred.map(({ file }) => file))].filter((file) => file !== '').sort();
}
