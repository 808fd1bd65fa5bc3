import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Where nothing is known of earlier runs, vitest begins with the largest files, and a long test in a small one would be
// waited for in the end, by one process alone. A file that takes more than half a minute (more than ten seconds in the
// quick project) belongs here; the order is that of their time.
const longest = [
  'e2e/corpus/corpus.test.ts',
  'e2e/main-job.test.ts',
  'chaos/chaos.test.ts',
  'runners/vitest.test.ts',
  'runners/warm.test.ts',
  'e2e/shell.test.ts',
  'state/crash.test.ts',
  'runners/warm-vitest.full.test.ts',
  'runners/vitest-versions.full.test.ts',
  'e2e/person.full.test.ts',
  'e2e/corpus/corpus-4.full.test.ts',
  'e2e/corpus/corpus-3.full.test.ts',
  'e2e/corpus/corpus-2.full.test.ts',
  'e2e/corpus/real-cli.full.test.ts',
  'runners/warm-jest.full.test.ts',
  'runners/spare.full.test.ts',
  'e2e/commands.full.test.ts',
  'e2e/runners/javascript-projects.full.test.ts',
  'e2e/baseline.full.test.ts',
  'e2e/ladder.full.test.ts',
  'e2e/take-back.full.test.ts',
  'e2e/clean.full.test.ts',
  'executor/tasks.full.test.ts',
  'e2e/outages.full.test.ts',
  'e2e/readonly-git.full.test.ts',
  'e2e/background.full.test.ts',
  'workspace/laws.full.test.ts',
  'claude/outcomes.full.test.ts',
].map((name) => join(import.meta.dirname, '..', name));

export class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = longest.find((file) => !existsSync(file));
    if (gone !== undefined) throw new Error(`${gone} is not there any more; it is named in ${import.meta.filename}`);
    const sorted = await super.sort(specifications);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    const place = ({ moduleId }: TestSpecification): number => longest.indexOf(moduleId) + 1 || longest.length + 1;
    return sorted.toSorted(
      (one, other) => projects.indexOf(one.project) - projects.indexOf(other.project) || place(one) - place(other),
    );
  }
}
