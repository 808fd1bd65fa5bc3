import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;

/** One change of the disk: the call's name, and its first paths. */
export interface DiskStep {
  readonly call: string;
  readonly when: 'before' | 'after';
  readonly paths: readonly string[];
  /** Of `writeFile`: what is to be written. */
  readonly content: unknown;
}

const synchronous = ['renameSync', 'linkSync', 'rmSync'];
const asynchronous = ['writeFile', 'chmod', 'mkdir', 'rm', 'rmdir'];

/** Calls `visit` around every change that this process makes on the disk, until the returned function is called. */
export function visitSteps(visit: (step: DiskStep) => void): () => void {
  let isVisiting = false;
  const tell = (call: string, when: DiskStep['when'], args: readonly unknown[]): void => {
    if (isVisiting) return;
    isVisiting = true;
    try {
      const paths = args.slice(0, 2).filter((arg) => typeof arg === 'string');
      visit({ call, when, paths, content: call === 'writeFile' ? args[1] : undefined });
    } finally {
      isVisiting = false;
    }
  };
  const undo = [
    ...wrap(fs, synchronous, (name, original) => (...args) => {
      tell(name, 'before', args);
      const result = original(...args);
      tell(name, 'after', args);
      return result;
    }),
    ...wrap(fs.promises, asynchronous, (name, original) => async (...args) => {
      tell(name, 'before', args);
      const result = await original(...args);
      tell(name, 'after', args);
      return result;
    }),
  ];
  syncBuiltinESMExports();
  return () => {
    for (const each of undo) each();
    syncBuiltinESMExports();
  };
}

function wrap(module: object, names: readonly string[], make: (name: string, original: Call) => Call): (() => void)[] {
  const calls = module as Record<string, Call>;
  return names.flatMap((name) => {
    const original = calls[name];
    if (original === undefined) return [];
    calls[name] = make(name, original);
    const putBack = (): void => {
      calls[name] = original;
    };
    return [putBack];
  });
}
