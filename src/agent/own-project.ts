import { realpathSync } from 'node:fs';
import { projectFolderName } from '../config/places.ts';
import type { Config } from '../config/types.ts';
import { codeOf, ExitCode, MendwatchError } from '../errors.ts';
import { lastGoodPath } from '../state/disk.ts';
import { readState } from '../state/read.ts';
import type { StateDocument } from '../state/schema.ts';
import { needsOf } from './clean/needed-runs.ts';

type Place = Pick<Config, 'stateFile' | 'projectRoot'>;

/**
 * Why this state is not to be used for the project: it is that of another one. That of a project which is gone may be taken over as long as
 * nothing in it waits or could be put into files.
 */
export function foreignTo({ stateFile, projectRoot }: Place, state: StateDocument): MendwatchError | undefined {
  const { project } = state;
  if (project === undefined || project === projectRoot) return undefined;
  const real = realOf(project);
  if (real === projectRoot || (real === undefined && needsOf(state).size === 0)) return undefined;
  const own = `~/.local/state/mendwatch/${projectFolderName(projectRoot)}/app_state.json`;
  const [is, remedy] =
    real === undefined
      ? [
          ', which is gone',
          `If you moved it to here, say so with a link: ln -s ${projectRoot} ${project}; the next start takes over, and the link may go. Else give this project its own state, as in STATE_FILE=${own}, or remove what is left of the other with \`mendwatch clean --everything\`.`,
        ]
      : [
          '',
          `Give this project its own state, as in STATE_FILE=${own}, or remove that of the other: \`mendwatch clean --everything\` with PROJECT_ROOT=${project}.`,
        ];
  return new MendwatchError(
    `The state file ${stateFile} belongs to the project ${project}${is}; this is ${projectRoot}.`,
    {
      remedy,
      exitCode: ExitCode.configuration,
    },
  );
}

/**
 * By the state file as it stands, or the last good copy that a start would take for it.
 *
 * @param mayBeGone where all of it is to be removed, what a project that is gone has left is nobody else's
 * @throws MendwatchError (exit code 2) when it is that of another project
 */
export async function refuseForeign(place: Place, { mayBeGone = false } = {}): Promise<void> {
  for (const file of [place.stateFile, lastGoodPath(place.stateFile)]) {
    const read = await readState(file);
    if (read.kind !== 'state') continue;
    const foreign = foreignTo(place, read.document);
    const isGone = read.document.project !== undefined && realOf(read.document.project) === undefined;
    if (foreign !== undefined && !(mayBeGone && isGone)) throw foreign;
    return;
  }
}

/** Undefined where there is nothing any more. What cannot be looked at may well be there. */
function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '') ? undefined : path;
  }
}
