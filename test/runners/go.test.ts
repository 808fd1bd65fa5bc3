import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { type ToolSample, toolSample } from './tool-sample.ts';
import { messageOf, reportOf, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const everyOutcome: Record<string, string> = {
  'go.mod': 'module example.com/shop\n\ngo 1.19\n',
  'deep/deep.go': 'package deep\n\nfunc Two() int { return 2 }\n',
  'money/money.go':
    'package money\n\nimport "example.com/shop/deep"\n\nfunc Add(a, b int) int { return a + b + deep.Two() - 2 }\n',
  'money/add_test.go': `package money

import (
	"fmt"
	"testing"
)

func TestAdd(t *testing.T) {
	t.Run("a/b", func(t *testing.T) {})
	t.Run("c d", func(t *testing.T) { t.Error("bad sum") })
}

func TestSkipped(t *testing.T) { t.Skip("not now") }

func TestPrints(t *testing.T) {
	fmt.Println("--- PASS: TestNever (0.00s)")
	fmt.Println("{\\"Action\\":\\"pass\\",\\"Package\\":\\"example.com/shop/money\\"}")
	fmt.Print("half a line")
}
`,
  'money/example_test.go': `package money_test

import (
	"fmt"

	"example.com/shop/money"
)

func ExampleAdd() {
	fmt.Println(money.Add(1, 2))
	// Output: 3
}

func ExampleAdd_wrong() {
	fmt.Println(money.Add(1, 2))
	// Output: 4
}
`,
  'panics/a_test.go': `package panics

import "testing"

func TestBefore(t *testing.T) {}

func TestPanics(t *testing.T) {
	var numbers []int
	_ = numbers[len(numbers)]
}
`,
  'panics/z_test.go': 'package panics\n\nimport "testing"\n\nfunc TestNeverRuns(t *testing.T) {}\n',
  'leaves/a_test.go':
    'package leaves\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestLeaves(t *testing.T) { os.Exit(3) }\n\nfunc TestNext(t *testing.T) {}\n',
  'main/a_test.go':
    'package main\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(1)\n}\n\nfunc TestGreen(t *testing.T) {}\n',
  'unbuilt/unbuilt.go': 'package unbuilt\n\nfunc X() int { return "a" }\n',
  'unbuilt/a_test.go': 'package unbuilt\n\nimport "testing"\n\nfunc TestX(t *testing.T) {}\n',
  'uses/a_test.go':
    'package uses\n\nimport (\n\t"testing"\n\n\t"example.com/shop/unbuilt"\n)\n\nfunc TestX(t *testing.T) { unbuilt.X() }\n',
  'syntax/a_test.go': 'package syntax\n\nimport "testing"\n\nfunc TestX(t *testing.T { }\n',
  'missing/a_test.go':
    'package missing\n\nimport (\n\t"testing"\n\n\t_ "example.com/nowhere/x"\n)\n\nfunc TestX(t *testing.T) {}\n',
  'empty/empty.go': 'package empty\n',
};

const everyStatus: Record<string, string> = {
  'go|leaves/a_test.go|(load)': 'failed',
  'go|leaves/a_test.go|TestLeaves|1': 'failed',
  'go|main/a_test.go|(unhandled)': 'failed',
  'go|main/a_test.go|TestGreen|1': 'passed',
  'go|missing/a_test.go|(load)': 'failed',
  'go|money/add_test.go|TestAdd > a > b|1': 'passed',
  'go|money/add_test.go|TestAdd > c_d|1': 'failed',
  'go|money/add_test.go|TestAdd|1': 'failed',
  'go|money/add_test.go|TestPrints|1': 'passed',
  'go|money/add_test.go|TestSkipped|1': 'skipped',
  'go|money/example_test.go|ExampleAdd_wrong|1': 'failed',
  'go|money/example_test.go|ExampleAdd|1': 'passed',
  'go|panics/a_test.go|TestBefore|1': 'passed',
  'go|panics/a_test.go|TestPanics|1': 'failed',
  'go|panics/z_test.go|(load)': 'failed',
  'go|syntax/a_test.go|(load)': 'failed',
  'go|unbuilt/a_test.go|(load)': 'failed',
  'go|uses/a_test.go|(load)': 'failed',
};

describe('a run of everything', () => {
  let folder: string;
  let project: ToolSample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-go-')));
    project = await toolSample(folder, 'go', everyOutcome);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own: tests inside of tests, examples, what cannot be built, panics, exits', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report).toMatchObject({ runner: 'go' });
    expect(report.exitCode).not.toBe(0);
  });

  test('failures carry what was printed, the compiler speaks for what it refused, free of places', () => {
    expect(messageOf(report, 'go|money/add_test.go|TestAdd > c_d|1')).toMatch(/^add_test\.go:10: bad sum$/);
    expect(messageOf(report, 'go|money/add_test.go|TestAdd|1')).toBe('Failed inside: TestAdd/c_d');
    expect(messageOf(report, 'go|money/example_test.go|ExampleAdd_wrong|1')).toContain('want:');
    expect(messageOf(report, 'go|panics/a_test.go|TestPanics|1')).toMatch(
      /index out of range[\s\S]*panics\/a_test\.go:9/,
    );
    expect(messageOf(report, 'go|panics/z_test.go|(load)')).toMatch(
      /^Not all of its tests were run\. .*TestPanics: panic/,
    );
    expect(messageOf(report, 'go|leaves/a_test.go|TestLeaves|1')).toMatch(/^The test did not finish\./);
    expect(messageOf(report, 'go|unbuilt/a_test.go|(load)')).toMatch(/^unbuilt\/unbuilt\.go:3:\d+: cannot use "a"/);
    expect(messageOf(report, 'go|uses/a_test.go|(load)')).toMatch(/^unbuilt\/unbuilt\.go:3:\d+: cannot use "a"/);
    expect(messageOf(report, 'go|missing/a_test.go|(load)')).toContain('no required module provides package');
    expect(JSON.stringify(report)).not.toContain(folder);
  });

  test('the imports of a test file are what its package is built from', () => {
    expect(report.imports['money/add_test.go']).toEqual(['deep/deep.go', 'money/example_test.go', 'money/money.go']);
    expect(report.imports['uses/a_test.go']).toEqual(['unbuilt/unbuilt.go']);
  });

  test('VERIFY-8: a run leaves nothing behind and takes nothing from an earlier one', async () => {
    const left = (await readdir(project.root, { recursive: true })).filter((path) => path.includes('.'));
    expect(left.sort()).toEqual(Object.keys(everyOutcome).sort());
    expect(JSON.stringify(run)).not.toContain('(cached)');
  });

  test('exactly the packages of the files in the scope run', async () => {
    const only = reportOf(await project.run({ kind: 'files', files: ['money/example_test.go', 'gone/a_test.go'] }));
    expect(only.files).toEqual(['money/add_test.go', 'money/example_test.go']);
  });
});
