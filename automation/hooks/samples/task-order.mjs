#!/usr/bin/env node
// Refuses a list in which a task needs what only a later one makes. To use it:
//   mkdir -p automation/hooks/pre-execute.d
//   cp automation/hooks/samples/task-order.mjs automation/hooks/pre-execute.d/60-order.mjs
//   chmod +x automation/hooks/pre-execute.d/60-order.mjs
import { readFileSync } from 'node:fs';

const event = JSON.parse(readFileSync(0, 'utf8'));
if (event.kind !== 'list') process.exit(0);

const made = /\b(?:create|write|save|generate|produce|add)s?\b[^.\n]*?([\w/-]+\.[a-z]{1,4})\b/gi;
const named = /[\w/-]+\.[a-z]{1,4}\b/gi;

const makes = event.tasks.map(({ task }) => new Set([...task.matchAll(made)].map(([, file]) => file)));
const needs = event.tasks.map(({ task }, index) => {
  const files = new Set(task.match(named) ?? []);
  return [...files].filter((file) => !makes[index].has(file));
});

const wrong = [];
for (const [index, files] of needs.entries()) {
  for (const file of files) {
    const before = makes.slice(0, index).some((set) => set.has(file));
    const maker = makes.findIndex((set, at) => at > index && set.has(file));
    if (!before && maker !== -1) wrong.push([index, maker, file]);
  }
}

if (wrong.length > 0) {
  const said = wrong.map(
    ([task, maker, file]) => `${event.tasks[task].id} needs ${file}, which ${event.tasks[maker].id} makes after it`,
  );
  process.stdout.write(JSON.stringify({ allow: false, reason: said.join('; ') }));
}
