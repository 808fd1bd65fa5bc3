import { type Add, asJson, later } from './entry.ts';

const look = () => import('./look.ts');
const mend = () => import('./mend.ts');
const tell = () => import('./tell.ts');

const ofTask = { words: { id: 'the id of a task, or its beginning' }, options: [asJson] };

/** What was done, and what a person says to it. */
export function addTasks(add: Add): void {
  add(
    'tasks',
    { summary: 'the tasks, newest last', options: [asJson] },
    later(look, (its) => its.runTasks),
  );
  add(
    'show <id>',
    {
      ...ofTask,
      summary: 'one task with its attempts and its latest patch',
      options: [['--timing', 'where the time went'], asJson],
      examples: ['mendwatch show 37f2 --timing'],
    },
    later(look, (its) => its.runShow),
  );
  add(
    'undo <id>',
    { ...ofTask, summary: 'take a landed fix back; its tests are then left alone' },
    later(mend, (its) => its.runUndo),
  );
  add(
    'apply <id>',
    { ...ofTask, summary: 'put a parked fix into the working tree' },
    later(mend, (its) => its.runApply),
  );
  add(
    'retry <id>',
    { ...ofTask, summary: 'try a task again that failed, was parked or waits' },
    later(tell, (its) => its.runRetry),
  );
  add(
    'cancel <id>',
    { ...ofTask, summary: 'end a task that waits or is being worked on' },
    later(tell, (its) => its.runCancel),
  );
  add(
    'escalations',
    { summary: 'what people were told, and have still to be told', options: [asJson] },
    later(
      () => import('./escalations.ts'),
      (its) => its.runEscalations,
    ),
  );
}
