import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { type AgentProcess, startProduct } from './agent-process.ts';
import { faultsAtEnd } from './faults.ts';
import { firstStep, moveSteps, type Plan } from './plan.ts';
import { Reader } from './reader.ts';
import { type Scene, setScene } from './scene.ts';

export interface Played {
  readonly plan: Plan;
  readonly kills: number;
  /** Of these, at the named step. */
  readonly atSteps: readonly string[];
  readonly reads: number;
  readonly faults: readonly string[];
  readonly durationMs: number;
}

/** A machine that is busy with other things is no fault. */
const patienceMs = 90_000;
const lastStepsMs = 300;

/** One pipeline from the person's change to its end, with the agent killed again and again on the way. */
export async function play(plan: Plan): Promise<Played> {
  const startedAt = performance.now();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mendwatch-chaos-')));
  const scene = await setScene(folder, plan);
  const run = new Run(scene, plan);
  let fault: string[] = [];
  try {
    await run.toTheEnd();
    fault = [...(await faultsAtEnd(scene, run.reader))];
  } catch (error) {
    fault = [`${messageOf(error)}\n${run.lastWords}`];
  } finally {
    await run.close();
    await scene.close();
  }
  const faults = [...run.reader.faults, ...fault];
  if (faults.length === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  else faults.push(`It is kept in ${folder}`);
  const durationMs = performance.now() - startedAt;
  return { plan, kills: run.kills, atSteps: run.atSteps, reads: run.reader.reads, faults, durationMs };
}

class Run {
  readonly reader: Reader;
  readonly atSteps: string[] = [];
  kills = 0;
  lastWords = '';
  readonly #scene: Scene;
  readonly #plan: Plan;
  #agent: AgentProcess | undefined;

  constructor(scene: Scene, plan: Plan) {
    this.#scene = scene;
    this.#plan = plan;
    this.reader = new Reader(scene.stateFile);
  }

  async toTheEnd(): Promise<void> {
    const { deaths, isBrokenWhileDown, firstMs } = this.#plan;
    // With a baseline, and nothing triaged yet.
    await this.#live(isBrokenWhileDown ? `${firstStep}:1:kill` : undefined);
    const baseline = join(dirname(this.#scene.stateFile), 'baseline.json');
    if (isBrokenWhileDown && this.#agent !== undefined) await this.#noteEnd(this.#agent, firstStep);
    else await this.#until('a baseline', () => existsSync(baseline));
    this.#damage();
    if (!isBrokenWhileDown) {
      await delay(firstMs);
      await this.#kill();
    }
    for (const death of deaths) await this.#dieOnce(death);
    await this.#afresh();
    if (this.#scene.kind === 'parked') await this.#move('apply');
    if (this.#scene.kind === 'undone') await this.#move('undo');
    await this.#settled();
    this.#agent?.kill('SIGTERM');
    const end = await this.#agent?.gone;
    if (end?.code !== 0) throw new Error(`SIGTERM ended the agent with ${JSON.stringify(end)}`);
  }

  async close(): Promise<void> {
    this.#agent?.kill('SIGKILL');
    await this.#agent?.gone;
    await this.reader.close();
  }

  #damage(): void {
    const { damages, read, save } = this.#scene;
    for (const { file, from, to } of damages) save(file, read(file).replace(from, to));
  }

  /** One life of the agent: until it ends at its step, or has nothing left to do, or the time is over. */
  async #dieOnce(death: Plan['deaths'][number]): Promise<void> {
    const fail = 'step' in death ? `${death.step}:${death.nth}:kill` : undefined;
    await this.#live(fail);
    const agent = this.#agent;
    if (agent === undefined) return;
    const endsAt = performance.now() + ('step' in death ? patienceMs : death.afterMs);
    const isIdle = (): boolean => 'step' in death && this.#isRunning() && isSettled(this.reader.state);
    // The last steps of a task come after it stands as settled.
    for (let idleFrom = Number.POSITIVE_INFINITY; performance.now() - idleFrom < lastStepsMs; await delay(5)) {
      if (agent.isGone || performance.now() >= endsAt) break;
      idleFrom = isIdle() ? Math.min(idleFrom, performance.now()) : Number.POSITIVE_INFINITY;
    }
    if (agent.isGone && 'step' in death) await this.#noteEnd(agent, death.step);
    else await this.#kill();
  }

  async #noteEnd(agent: AgentProcess, step: string): Promise<void> {
    const { signal, code } = await agent.gone;
    if (signal !== 'SIGKILL') throw new Error(`The agent ended by itself with ${code ?? signal}:\n${agent.said}`);
    this.kills++;
    this.atSteps.push(step);
  }

  async #kill(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    if (agent.isGone) throw new Error(`The agent ended by itself:\n${agent.said}`);
    agent.kill('SIGKILL');
    await agent.gone;
    this.kills++;
  }

  async #live(fail?: string): Promise<void> {
    if (this.#agent !== undefined && !this.#agent.isGone) return;
    this.#agent = startProduct(this.#scene, ['start'], fail);
  }

  /** Undo or apply, killed at each of its steps; whatever is left of it is brought to its end by a last one. */
  async #move(what: 'apply' | 'undo'): Promise<void> {
    for (const step of moveSteps) {
      const id = this.#toMove(what);
      if (id === undefined) break;
      if (this.#agent?.isGone === false) await this.#kill();
      const command = startProduct(this.#scene, [what, id], `${step}:1:kill`);
      if ((await command.gone).signal === 'SIGKILL') {
        this.kills++;
        this.atSteps.push(step);
      }
      // What is left of it is found by the next agent, or by the next command.
      if (step === 'move.planned') await this.#afresh();
    }
    await this.#afresh();
    const id = this.#toMove(what);
    if (id === undefined) return;
    const command = startProduct(this.#scene, [what, id]);
    const { code } = await command.gone;
    if (code !== 0) throw new Error(`${what} ended with ${code}:\n${command.said}`);
  }

  async #afresh(): Promise<void> {
    await this.#live();
    await this.#settled();
  }

  /** The task that is still to be moved. */
  #toMove(what: 'apply' | 'undo'): string | undefined {
    const { landings = [], queues } = this.reader.state ?? {};
    const landed = landings.find(({ status }) => status === 'landed' || status === 'undoing');
    if (what === 'undo') return landed?.task_id;
    return landed === undefined ? queues?.completed.find(({ outcome }) => outcome === 'parked')?.id : undefined;
  }

  /** The agent of now sees changes. */
  #isRunning(): boolean {
    const { pid, status } = this.reader.state?.processes.orchestrator ?? {};
    return status === 'running' && pid === this.#agent?.pid;
  }

  /** Nothing to do any more, and nothing new for a while. */
  async #settled(): Promise<void> {
    const isDone = (): boolean => this.#isRunning() && isSettled(this.reader.state);
    for (let quietFrom = Number.POSITIVE_INFINITY; performance.now() - quietFrom < 400; ) {
      await this.#until('the end of all tasks', isDone);
      const { revision } = this.reader.state ?? {};
      if (quietFrom === Number.POSITIVE_INFINITY) quietFrom = performance.now();
      await delay(50);
      if (!isDone() || this.reader.state?.revision !== revision) quietFrom = Number.POSITIVE_INFINITY;
    }
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const endsAt = performance.now() + patienceMs;
    while (!holds()) {
      this.lastWords = this.#agent?.said ?? '';
      if (this.#agent?.isGone) throw new Error(`The agent ended by itself while ${what} was waited for`);
      if (performance.now() > endsAt) throw new Error(`Not within ${patienceMs / 1_000} s: ${what}`);
      await delay(10);
    }
  }
}

function isSettled(state: StateDocument | undefined): boolean {
  if (state === undefined) return false;
  const { pending, in_progress, completed, failed } = state.queues;
  const isAnyEnded = [...completed, ...failed].some(({ regression }) => regression !== undefined);
  return pending.length + in_progress.length === 0 && isAnyEnded;
}
