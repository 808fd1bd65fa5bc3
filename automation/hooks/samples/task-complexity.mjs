#!/usr/bin/env node
// Says how much work a task looks like, and whether its time limit fits. To use it:
//   mkdir -p automation/hooks/pre-execute.d
//   cp automation/hooks/samples/task-complexity.mjs automation/hooks/pre-execute.d/50-complexity.mjs
//   chmod +x automation/hooks/pre-execute.d/50-complexity.mjs
import { readFileSync } from 'node:fs';

const event = JSON.parse(readFileSync(0, 'utf8'));

const heavy = /\b(?:refactor|rewrite|migrate|redesign|implement|all|every|entire|whole|each)\b/gi;
const steps = /^\s*(?:[-*]|\d+[.)])\s|\b(?:then|after that|finally)\b/gim;
const files = /[\w./-]+\.[a-z]{1,4}\b/gi;

function scoreOf(task) {
  const count = (pattern) => new Set(task.match(pattern) ?? []).size;
  return Math.min(
    5,
    1 +
      Math.floor(task.length / 600) +
      count(heavy) +
      Math.floor((task.match(steps) ?? []).length / 2) +
      Math.floor(count(files) / 3),
  );
}

const secondsFor = [0, 120, 300, 600, 1200, 1800];

if (event.kind === 'task') {
  const score = scoreOf(event.task);
  const isShort = event.timeout_seconds < secondsFor[score];
  const advice = isShort ? `; ${event.timeout_seconds} s may be too short, ${secondsFor[score]} s fit better` : '';
  process.stdout.write(JSON.stringify({ note: `complexity ${score} of 5${advice}` }));
} else if (event.kind === 'list') {
  const scores = event.tasks.map(({ id, task }) => `${id}: ${scoreOf(task)}`);
  process.stdout.write(JSON.stringify({ note: `complexity of 5 each: ${scores.join(', ')}` }));
}
