/**
 * The floors of the house, as rules: ground < tools < rooms < hall < doors. `src/README.md` draws them; each rule says
 * why it is there. Imports of types count too, since they tie rooms together just as well.
 */
const ground = '^src/(clock|errors|events|failpoint|log)\\.ts$|^src/(config|domain|secrets)/';
const tools = '^src/(process|claude|workspace|runners|state|hooks)/';
const rooms = '^src/(watch|queue|triage|plan|fix|verify|land|escalate|executor)/';
const hall = '^src/(agent|pipeline)/';
const doors = '^src/(cli|server|mcp|dashboard)/';
/** Stands outside: it runs in browsers, too, and knows the house only by the messages of the executor. */
const client = '^src/client/';

const only = (library, where) => ({
  name: `only-${where.replace(/\W+/g, '-').replace(/^-|-$/g, '')}-imports-${library.replace(/\W+/g, '-')}`,
  comment: `Libraries are adapted at one place each, so that the traps of ${library} are met once and another can replace it.`,
  severity: 'error',
  from: { path: '^(src|automation)/', pathNot: `^${where}` },
  to: { path: `(^|/)node_modules/${library}/` },
});

export default {
  forbidden: [
    {
      name: 'every-module-has-a-floor',
      comment: 'A folder that no floor names would be free of all the rules below.',
      severity: 'error',
      from: { path: '^src/', pathNot: [ground, tools, rooms, hall, doors, client] },
      to: {},
    },
    {
      name: 'every-imported-module-has-a-floor',
      comment: 'The same, seen from the other side.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [ground, tools, rooms, hall, doors, client] },
    },
    {
      name: 'ground-imports-only-ground',
      comment: 'The ground is what everyone stands on; if it knew the house, every change would go in a circle.',
      severity: 'error',
      from: { path: ground },
      to: { path: '^src/', pathNot: ground },
    },
    {
      name: 'tools-import-no-higher-floor',
      comment: 'A tool serves every room alike; facts travel upwards only as results and events.',
      severity: 'error',
      from: { path: tools },
      to: { path: [rooms, hall, doors] },
    },
    {
      name: 'tools-import-of-tools-only-process',
      comment:
        'Claude, git and the test runners start processes; beyond that, tools that know each other become one lump.',
      severity: 'error',
      from: { path: '^src/(claude|workspace|runners|hooks)/' },
      to: { path: tools, pathNot: ['^src/process/', '^src/$1/'] },
    },
    {
      name: 'process-and-state-import-no-tool',
      comment: 'Starting processes and keeping the state are the two things that must work when all else does not.',
      severity: 'error',
      from: { path: '^src/(process|state)/' },
      to: { path: tools, pathNot: '^src/$1/' },
    },
    {
      name: 'rooms-import-no-room',
      comment:
        'Only the pipeline joins rooms, so that the way of a change can be read in one place; share types in domain/.',
      severity: 'error',
      from: { path: '^src/(watch|queue|triage|plan|fix|verify|land|escalate|executor)/' },
      to: { path: rooms, pathNot: '^src/$1/' },
    },
    {
      name: 'rooms-import-no-higher-floor',
      comment: 'A room does its one thing when told to; it does not know who tells it.',
      severity: 'error',
      from: { path: rooms },
      to: { path: [hall, doors] },
    },
    {
      name: 'only-the-hall-imports-rooms',
      comment: 'Doors are transport: they speak to the agent. What they may do is decided in one place.',
      severity: 'error',
      from: { path: '^(src|automation)/', pathNot: [rooms, hall] },
      to: { path: rooms },
    },
    {
      name: 'doors-import-no-other-door-and-no-pipeline',
      comment:
        'Doors speak to the agent and hear its events; a door that reaches into the pipeline starts to steer it.',
      severity: 'error',
      from: { path: '^src/(cli|server|mcp|dashboard)/' },
      to: { path: ['^src/pipeline/', doors], pathNot: '^src/$1/' },
    },
    {
      name: 'the-hall-imports-no-door',
      comment: 'The agent runs the same whoever talks to it.',
      severity: 'error',
      from: { path: hall },
      to: { path: doors },
    },
    {
      name: 'the-client-imports-only-itself',
      comment: 'It is loaded by browsers, which have no part of Node and none of the house.',
      severity: 'error',
      from: { path: client },
      to: { pathNot: client },
    },
    {
      name: 'the-house-does-not-use-its-client',
      comment: 'Those within speak to the executor itself.',
      severity: 'error',
      from: { path: '^src/', pathNot: client },
      to: { path: client },
    },
    {
      name: 'the-house-imports-nothing-from-outside',
      comment: 'Tests, benchmarks and entry points use the house, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|automation)/' },
    },
    {
      name: 'no-cycles',
      comment: 'Modules in a circle cannot be understood, tested or replaced one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-process-starts-processes',
      comment:
        'Every process has one typed end and leaves no descendant behind; a second place to spawn would not know how. What runs inside of a test runner starts what that runner starts.',
      severity: 'error',
      from: { path: '^(src|automation)/', pathNot: '^src/process/|^src/runners/vitest/forks\\.mjs$' },
      to: { path: '^(node:)?(child_process|cluster)$' },
    },
    only('execa', 'src/process/'),
    only('chokidar', 'src/watch/'),
    only('proper-lockfile', 'src/state/'),
    only('write-file-atomic', 'src/state/'),
    only('pino', 'src/log\\.ts'),
    only('fastify', 'src/server/'),
    only('@fastify', 'src/server/'),
    only('@octokit', 'src/escalate/'),
    only('@secretlint', 'src/secrets/'),
    only('@modelcontextprotocol', 'src/mcp/'),
    {
      name: 'no-unresolvable',
      comment: 'An import that cannot be found also hides everything behind it from these rules.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      comment: 'These are not installed with the published package. (Reporters run inside the tests of the project.)',
      severity: 'error',
      from: { path: '^(src|automation)/', pathNot: 'reporter\\.mjs$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)fixtures/|^automation/demo/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
