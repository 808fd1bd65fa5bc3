import { type BytePath, parentOf, splitNul, toText } from './paths.ts';
import type { Shadow } from './shadow.ts';
import { compareTrees } from './trees.ts';

/** What the links of a lane depend on in a tree. */
export interface Shape {
  /** Folders that hold a `package.json`, the root as the empty text. */
  readonly packageFolders: readonly string[];
  /** Committed content of `node_modules` folders, with the folders on the way: never replaced by links. */
  readonly committedModules: ReadonlySet<string>;
}

const REMEMBERED = 8;

/** Shapes of the last trees, so that moving a lane need not list them. */
export class Shapes {
  readonly #shadow: Shadow;
  readonly #known = new Map<string, Shape>();

  constructor(shadow: Shadow) {
    this.#shadow = shadow;
  }

  remember(tree: string, shape: Shape): void {
    this.#known.delete(tree);
    this.#known.set(tree, shape);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(oldest);
    }
  }

  /** @param near a tree that differs in few files: where these say nothing of the shape, it has the same. */
  async of(tree: string, near?: string): Promise<Shape> {
    const known = this.#known.get(tree);
    if (known) return known;
    const nearby = near === undefined ? undefined : this.#known.get(near);
    if (near !== undefined && nearby !== undefined) {
      const differences = await compareTrees(this.#shadow.objects, near, tree);
      if (!differences.some(({ path }) => concernsShape(path))) {
        this.remember(tree, nearby);
        return nearby;
      }
    }
    const { stdout } = await this.#shadow.run({}, ['ls-tree', '-r', '-z', '--name-only', tree]);
    const shape = shapeOf(splitNul(stdout));
    this.remember(tree, shape);
    return shape;
  }
}

function concernsShape(path: BytePath): boolean {
  return path.endsWith('/package.json') || `/${path}`.includes('/node_modules/');
}

export function shapeOf(paths: Iterable<BytePath>): Shape {
  const packageFolders = new Set(['']);
  const committedModules = new Set<string>();
  for (const path of paths) {
    if (path.endsWith('/package.json')) packageFolders.add(toText(parentOf(path)));
    if (path.startsWith('node_modules/') || path.includes('/node_modules/')) {
      for (let at = toText(path); at !== ''; at = parentOf(at)) committedModules.add(at);
    }
  }
  return { packageFolders: [...packageFolders].sort(), committedModules };
}
