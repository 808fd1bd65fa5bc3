import type { Package } from '../javascript/packages.ts';
import type { SettingsChain } from '../settings-chain.ts';
import type { JestCommand } from './command.ts';

/** A package's own jest, as it was found. */
export interface JestInstallation {
  /** The package, relative to the root with `/`; empty is the root. */
  readonly folder: string;
  /** The folder of jest itself, without symbolic links. */
  readonly jest: string;
  readonly version: string;
  /** A path or a name on the PATH of the request. */
  readonly node: string;
  readonly command: JestCommand;
  /** All packages of the project. */
  readonly packages: readonly Package[];
  /** What the settings take from other files. */
  readonly chain: SettingsChain;
}
