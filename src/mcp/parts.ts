import type { Config } from '../config/types.ts';
import type { Client } from '../domain/execution.ts';
import type { Logger } from '../log.ts';
import type { Executions } from './executions.ts';

/** What the tools stand on. */
export interface McpParts {
  readonly config: Config;
  /** The environment of the launch. */
  readonly launch: Readonly<Record<string, string>>;
  readonly executions: Executions;
  /** Who asks. */
  readonly client: Client;
  readonly logger: Logger;
  /** Takes secrets out of what a model is given. */
  readonly clean: (text: string) => Promise<string>;
  readonly version: string;
}
