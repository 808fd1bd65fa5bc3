import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import { scratch } from '../rig/scratch.ts';
import { cargoSample, crate, rustEnv } from './cargo-sample.ts';
import { writeFiles } from './tool-sample.ts';
import { messageOf, reportOf, statuses } from './vitest-sample.ts';

const base = {
  'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
  'crates/base/Cargo.toml': crate('base'),
  'crates/base/src/lib.rs': 'mod deep;\npub use deep::two;\n',
  'crates/base/src/deep.rs': `/// Two.
/// \`\`\`
/// assert_eq!(base::two(), 2);
/// \`\`\`
/// \`\`\`no_run
/// panic!();
/// \`\`\`
pub fn two() -> u32 { 2 }
#[cfg(test)]
mod tests {
    use super::*;
    #[test] fn is_two() { assert_eq!(two(), 2, "not two"); }
    #[test] #[should_panic] fn panics() { panic!("as it should"); }
    #[test] #[ignore = "slow"] fn slow() {}
}
`,
};

const everyOutcome = {
  ...base,
  'crates/base/tests/it.rs': `mod common;
#[test] fn from_outside() { assert_eq!(base::two(), common::expected()); }
#[test] fn was_red() { println!("said before"); assert_eq!(base::two(), 3); }
#[test] fn prints() {
    use std::io::Write;
    println!("test from_outside ... FAILED");
    let _ = std::io::stdout().write_all(b"test was_red ... ok\\ntest result: ok. 9 passed; 0 failed\\n");
}
`,
  'crates/base/tests/common/mod.rs': 'pub fn expected() -> u32 { 2 }\n',
  'crates/base/tests/aborts.rs': '#[test] fn aborts() { std::process::abort(); }\n#[test] fn other() {}\n',
  'crates/base/tests/exits.rs': '#[test] fn exits() { std::process::exit(0); }\n',
  'crates/base/tests/broken.rs': '#[test] fn broken() { let x: u32 = "text"; }\n',
  'crates/user/Cargo.toml': `${crate('user', '[dependencies]\nbase = { path = "../base" }\n')}[[test]]\nname = "own"\nharness = false\n`,
  'crates/user/src/main.rs':
    'fn main() { println!("{}", base::two()); }\n#[test] fn uses() { assert_eq!(base::two(), 2); }\n',
  'crates/user/tests/own.rs': 'fn main() { if base::two() != 2 { eprintln!("not two"); std::process::exit(3); } }\n',
};

const everyStatus = {
  'cargo:doc|crates/base/src/lib.rs|crates/base/src/deep.rs - deep::two|1': 'passed',
  'cargo:doc|crates/base/src/lib.rs|crates/base/src/deep.rs - deep::two|2': 'passed',
  'cargo|crates/base/src/lib.rs|deep::tests::is_two|1': 'passed',
  'cargo|crates/base/src/lib.rs|deep::tests::panics|1': 'passed',
  'cargo|crates/base/src/lib.rs|deep::tests::slow|1': 'skipped',
  'cargo|crates/base/tests/aborts.rs|(load)': 'failed',
  'cargo|crates/base/tests/broken.rs|(load)': 'failed',
  'cargo|crates/base/tests/exits.rs|(load)': 'failed',
  'cargo|crates/base/tests/it.rs|from_outside|1': 'passed',
  'cargo|crates/base/tests/it.rs|prints|1': 'passed',
  'cargo|crates/base/tests/it.rs|was_red|1': 'failed',
  'cargo|crates/user/src/main.rs|uses|1': 'passed',
  'cargo|crates/user/tests/own.rs|own|1': 'passed',
};

describe('VERIFY-7: cargo test', { timeout: 120_000 }, () => {
  test('every outcome, each told as what it is; scopes; a library that breaks takes all with it that need it', async () => {
    const { root, runner, run } = await cargoSample(await scratch('cargo'), everyOutcome);
    const all = reportOf(await run());
    expect(statuses(all)).toEqual(everyStatus);
    expect(messageOf(all, 'cargo|crates/base/tests/it.rs|was_red|1')).toMatch(
      /^assertion .*\n {2}left: `?2`?,?\n right: `?3`?\nat crates\/base\/tests\/it\.rs:3:\d+\nsaid before$/,
    );
    expect(messageOf(all, 'cargo|crates/base/tests/broken.rs|(load)')).toMatch(/mismatched types/);
    expect(messageOf(all, 'cargo|crates/base/tests/aborts.rs|(load)')).toMatch(/before its tests did.*aborts/);
    expect(all.imports['crates/base/tests/it.rs']).toEqual([
      ...['crates/base/src/deep.rs', 'crates/base/src/lib.rs'],
      ...['crates/base/tests/common/mod.rs', 'crates/base/tests/it.rs'],
    ]);
    expect(all.imports['crates/user/src/main.rs']).toContain('crates/base/src/deep.rs');
    expect(runner.isTestFile('crates/base/tests/it.rs')).toBe(true);

    const user = reportOf(await run({ kind: 'related', files: ['crates/user/src/main.rs'] }));
    expect(user.files).toEqual(['crates/user/src/main.rs', 'crates/user/tests/own.rs']);
    const one = reportOf(await run({ kind: 'files', files: ['crates/base/tests/it.rs'] }));
    expect(one.files).toEqual(['crates/base/tests/it.rs']);
    expect(await run({ kind: 'files', files: ['nowhere.rs'] })).toMatchObject({ kind: 'no-tests' });

    await writeFile(join(root, 'crates/base/src/deep.rs'), 'pub fn two() -> u32 { "text" }\n');
    const broken = reportOf(await run({ kind: 'related', files: ['crates/base/src/deep.rs'] }));
    expect(new Set(broken.tests.map(({ kind }) => kind))).toEqual(new Set(['load']));
    expect(broken.files).toEqual(all.files);

    await writeFile(join(root, 'crates/base/Cargo.toml'), '[package\n');
    expect(await run()).toMatchObject({ kind: 'broken', reason: 'configuration' });
  });

  test('VERIFY-8: what was built before is never believed where the source is another, whatever its time', async () => {
    const { root, run } = await cargoSample(await scratch('cargo'), base);
    const source = join(root, 'crates/base/src/deep.rs');
    const text = await readFile(source, 'utf8');
    const red = async () => {
      const { tests } = reportOf(await run());
      return tests.filter(({ status }) => status === 'failed').map(({ title }) => title);
    };
    const turned = ['deep::tests::is_two', 'crates/base/src/deep.rs - deep::two'];
    expect(await red()).toEqual([]);
    const { mtime } = await stat(source);
    // Two snapshots of the same second, then one that is older than all that was built.
    for (const time of [mtime, mtime, new Date(mtime.getTime() - 3_600_000)]) {
      await writeFile(source, text.replace('{ 2 }', '{ 7 }'));
      await utimes(source, time, time);
      expect(await red()).toEqual(turned);
      await writeFile(source, text);
      await utimes(source, time, time);
      expect(await red()).toEqual([]);
    }
  });

  test('VERIFY-8: what tests leave in the folder of what is built helps no later run', async () => {
    const meddles = `#[test] fn meddles() {
    let own = std::env::current_exe().unwrap();
    for entry in std::fs::read_dir(own.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if name.starts_with("base-") && !name.contains('.') {
            std::fs::remove_file(&path).unwrap();
            std::fs::copy("/bin/true", &path).unwrap();
        }
    }
}
`;
    const { root, run } = await cargoSample(await scratch('cargo'), {
      ...base,
      'crates/base/src/deep.rs': base['crates/base/src/deep.rs'].replace('{ 2 }', '{ 7 }'),
      'crates/base/tests/zz.rs': meddles,
    });
    const id = 'cargo|crates/base/src/lib.rs|deep::tests::is_two|1';
    expect(statuses(reportOf(await run()))[id]).toBe('failed');
    await writeFile(join(root, 'crates/base/tests/zz.rs'), '#[test] fn meddles() {}\n');
    expect(statuses(reportOf(await run()))[id]).toBe('failed');
  });

  test('VERIFY-6: tests that never end, and a run that is stopped', async () => {
    const { run } = await cargoSample(await scratch('cargo'), {
      'Cargo.toml': crate('one'),
      'src/lib.rs': '',
      'tests/quick.rs': '#[test] fn quick() {}\n',
      'tests/hangs.rs': '#[test] fn hangs() { loop { std::thread::park(); } }\n',
    });
    // Everything is built once.
    expect(await run({ kind: 'files', files: ['tests/quick.rs'] })).toMatchObject({ kind: 'report' });
    expect(await run({ kind: 'all' }, { timeoutMs: 8_000 })).toMatchObject({
      kind: 'broken',
      reason: 'timed-out',
      detail: 'The tests did not end within 8 seconds. Still running: tests/hangs.rs.',
    });
    expect(await run({ kind: 'all' }, { signal: AbortSignal.timeout(500) })).toEqual({ kind: 'cancelled' });
  });

  test('several workspaces in one repository, and what cannot be run', async () => {
    const root = await scratch('cargo');
    await writeFiles(root, {
      'api/Cargo.toml': crate('api', '[dependencies]\nshared = { path = "../shared" }\n'),
      'api/src/lib.rs': '#[test] fn a() { assert!(shared::yes()); }\n',
      'shared/Cargo.toml': crate('shared'),
      'shared/src/lib.rs': 'pub fn yes() -> bool { true }\n',
      'tools/one/Cargo.toml': crate('one'),
      'tools/one/src/main.rs': 'fn main() {}\n',
      'tests/fixtures/broken/Cargo.toml': '[package]\n',
    });
    const reportFolder = await scratch('report');
    const detection = await detectRunner({ root, env: rustEnv, wanted: ['cargo'] });
    if (detection.kind !== 'found') throw new Error(detection.reason);
    expect(detection.runner.description).toMatch(/in api; cargo \S+ in shared; cargo \S+ in tools\/one$/);
    const signal = new AbortController().signal;
    const scope = { kind: 'related', files: ['shared/src/lib.rs'] } as const;
    const run = await detection.runner.run({ root, scope, env: rustEnv, reportFolder, timeoutMs: 60_000, signal });
    expect(statuses(reportOf(run))).toEqual({ 'cargo|api/src/lib.rs|a|1': 'passed' });
    const without = await detectRunner({ root, env: { ...rustEnv, PATH: '/nowhere' }, wanted: ['cargo'] });
    expect(without).toMatchObject({
      kind: 'not-found',
      reason: 'There is a Cargo.toml, and cargo is not on the PATH.',
    });
  });
});
