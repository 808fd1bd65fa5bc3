import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { probeReadOnly } from '../../process/probe-read-only.ts';
import { findRunner } from '../furnish.ts';
import { leftOutLines } from '../left-out.ts';
import { openHooks } from '../open-hooks.ts';
import { readWatched } from '../watched.ts';
import { type Check, failure, ok, skipped, warning } from './check.ts';
import type { Given } from './given.ts';
import { count, some } from './words.ts';

const maxRules = 8;

export function projectCheck({ config, survey }: Given): Check {
  return {
    name: 'project',
    look: async () => {
      const { hasGit, files, skipped: left } = await survey();
      const paths = config.watchPaths.includes('.') ? '' : `, of which ${config.watchPaths.join(', ')} is watched`;
      const size = files === undefined ? '' : `, ${count(files.length, 'file')}${paths}`;
      if (files?.length === 0) {
        return failure(
          `${config.projectRoot} holds no file that git does not ignore`,
          'Set PROJECT_ROOT to the project.',
        );
      }
      const lines = leftOutLines(left, maxRules);
      return ok(`${config.projectRoot}${size}${hasGit ? '' : ', without git'}`, { lines });
    },
  };
}

/** What is not looked at, and the rule that says so. */
export function ignoredCheck({ survey }: Given): Check {
  return {
    name: 'ignored',
    look: async () => {
      const { hasGit, files, rules } = await survey();
      const always = 'always: .git, node_modules and the folders of Mendwatch';
      if (!hasGit) {
        return ok(`${always}${files === undefined ? '; and what .gitignore files say' : ''}`);
      }
      const lines = rules
        .slice(0, maxRules)
        .map(({ where, pattern, paths }) => `${pattern} (${where}): ${some(paths)}`);
      const more = rules.length > maxRules ? [`and ${count(rules.length - maxRules, 'more rule')}`] : [];
      return ok(`${always}${rules.length === 0 ? '; nothing else' : '; and'}`, { lines: [...lines, ...more] });
    },
  };
}

export function runnerCheck({ config, launch }: Given): Check {
  return {
    name: 'test runner',
    look: async () => {
      const { runner } = await findRunner(config, launch);
      await runner.close();
      return ok(runner.description);
    },
  };
}

/** Whether test runs can write into the project itself: its installed packages are used where they are. */
export function readOnlyCheck({ config, launch }: Given): Check {
  return {
    name: 'read-only',
    look: async () => {
      if (config.projectReadOnly === 'off')
        return skipped('PROJECT_READ_ONLY is off: tests may write into the project');
      const reason = await probeReadOnly(config.projectRoot, { PATH: launch.PATH ?? '' });
      if (reason === undefined) return ok('test runs cannot write into the project');
      return skipped(`tests may write into the project, as when they are run by hand: ${reason.slice(0, 200)}`);
    },
  };
}

/** N of M tests watched, and why not the rest. */
export function baselineCheck({ config }: Given): Check {
  return {
    name: 'tests',
    look: async () => {
      const { baselineFile, laneLinks } = config;
      const watched = await readWatched(baselineFile, laneLinks);
      if (watched === undefined && existsSync(baselineFile)) {
        return warning('the baseline cannot be read', 'The next start makes a new one: it runs all tests once.');
      }
      if (watched === undefined) return ok('not run yet: the first start runs them all once');
      const { tests, red_before, flaky, skipped: left, cannot_load, unlinked } = watched;
      const lines = [
        ...(red_before > 0 ? [`${red_before} red before, so nobody is blamed for them`] : []),
        ...(flaky.length > 0 ? [`${flaky.length} flaky: ${some(flaky.map(({ name }) => name))}`] : []),
        ...(left > 0 ? [`${left} skipped`] : []),
        ...(cannot_load.length > 0
          ? [`${count(cannot_load.length, 'test file')} cannot load: ${some(cannot_load)}`]
          : []),
      ];
      const detail = `${watched.watched} of ${count(tests, 'test')} watched`;
      if (unlinked.length > 0) {
        const setting = [...laneLinks, ...unlinked.map(({ path }) => path)].join(',');
        const files = new Set(unlinked.flatMap((link) => link.files)).size;
        return warning(
          `${detail}; ${count(files, 'test file')} need files that git ignores`,
          `Set LANE_LINKS=${setting}`,
          {
            lines,
          },
        );
      }
      if (watched.watched > 0) return ok(detail, { lines });
      return warning(
        `${detail}: nothing can regress`,
        'Make some tests green; a start after that takes note of them.',
        {
          lines,
        },
      );
    },
  };
}

export function hooksCheck({ config, launch }: Given): Check {
  return {
    name: 'hooks',
    look: async () => {
      const hooks = openHooks(config, launch, { scrub: (text) => text, marker: 'doctor' });
      const { whyOff, folder } = config.hooks;
      if (whyOff !== undefined) return skipped(`not run: ${whyOff}`);
      if (hooks.unfit.length === 0) return ok(existsSync(join(folder)) ? folder : `none (${folder} does not exist)`);
      const lines = hooks.unfit.map(({ hook, message }) => `${hook}: ${message}`);
      return warning(`${count(hooks.unfit.length, 'hook')} will not be run`, 'Mend what is said of each.', { lines });
    },
  };
}
