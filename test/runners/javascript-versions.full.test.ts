import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { javascriptSample, packageFolder } from '../rig/javascript-project.ts';
import { installOld } from '../rig/old-versions.ts';
import { scratch } from '../rig/scratch.ts';
import * as jestSample from './jest-sample.ts';
import * as mochaSample from './mocha-sample.ts';
import * as nodeSample from './node-test-sample.ts';
import { reportOf, type Sample, sampleEnv, statuses } from './vitest-sample.ts';

const JESTS = ['27.5', '28', '29'];
const MOCHAS = ['8', '9', '10', '11'];
const NODES = ['20', '22'];

beforeAll(async () => {
  await installOld('jest', JESTS);
  await installOld('mocha', MOCHAS);
  await installOld('node', NODES);
}, 900_000);

const related = async (project: Sample, ...files: string[]) => {
  const run = await project.run({ kind: 'related', files });
  return run.kind === 'report' ? run.report.files : run.kind;
};

describe('every outcome has the same id and status in every version', { timeout: 240_000 }, () => {
  test.each(JESTS)('F70: jest %s', async (version) => {
    const links = { jest: packageFolder('jest', version) };
    const project = await javascriptSample(await scratch('old-jest'), jestSample.everyOutcome, links);
    expect(await related(project, 'src/deep.js')).toEqual(['test/green.test.js', 'test/red.test.js']);
    const report = reportOf(await project.run());
    expect(statuses(report)).toEqual(jestSample.everyStatus);
    expect(report.imports['test/green.test.js']).toEqual(['src/a.js', 'src/deep.js']);
    expect(await readdir(join(project.root, 'node_modules'))).toEqual(['jest']);
  });

  test.each(MOCHAS)('F70: mocha %s', async (version) => {
    const links = { mocha: packageFolder('mocha', version) };
    const project = await javascriptSample(await scratch('old-mocha'), mochaSample.everyOutcome, links);
    expect(statuses(reportOf(await project.run()))).toEqual(mochaSample.everyStatus);
    expect(await related(project, 'src/deep.js')).toEqual(['test/green.js', 'test/red.js']);
  });

  test.each(NODES)('F70: Node %s', async (version) => {
    const env = { ...sampleEnv, PATH: `${join(packageFolder('node', version), 'bin')}:${sampleEnv.PATH}` };
    const project = await javascriptSample(await scratch('old-node'), nodeSample.everyOutcome, {}, env);
    expect(project.runner.version).toMatch(new RegExp(`^${version}\\.`));
    const report = reportOf(await project.run());
    // These do not say what was wrong with a file whose tests are over: it may have ended too early.
    const { 'node-test|test/late.test.js|(load)': late, ...others } = statuses(report);
    expect(others).toEqual(nodeSample.everyStatus);
    expect([undefined, 'failed']).toContain(late);
    expect(await related(project, 'src/deep.js')).toEqual(['test/green.test.js', 'test/red.test.js']);
  });
});
