import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

type Files = Readonly<Record<string, string>>;

/** A package of a monorepo: where it is, what it is called, and the names of what it needs. */
export interface LaidOut {
  readonly folder: string;
  readonly name: string;
  readonly needs: readonly string[];
}

export async function put(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** A link by a relative path, as package managers make them. */
export async function link(root: string, from: string, to: string): Promise<void> {
  const at = join(root, from);
  await mkdir(dirname(at), { recursive: true });
  await symlink(relative(dirname(at), join(root, to)), at);
}

/** `left` needs `right`; both are packages that are installed, and not of the project. */
const installed: Readonly<Record<'left' | 'right', Files>> = {
  left: {
    'package.json': '{"name":"left","version":"1.0.0","main":"index.js","dependencies":{"right":"1.0.0"}}',
    'index.js': "module.exports = 1 + require('right');",
    'cli.js': "#!/usr/bin/env node\nconsole.log(require('./index.js'));\n",
  },
  right: { 'package.json': '{"name":"right","version":"1.0.0","main":"index.js"}', 'index.js': 'module.exports = 1;' },
};

/**
 * As pnpm installs: what is not of the project in a store of folders `.pnpm/<name>@<version>/node_modules`, links to it in
 * each package that needs it, scripts of the shell as programs. `tools` are links to packages outside of the project.
 */
export async function layPnpm(root: string, packages: readonly LaidOut[], tools: Files): Promise<void> {
  const store = (name: string) => `node_modules/.pnpm/${name}@1.0.0/node_modules/${name}`;
  for (const name of ['left', 'right'] as const) {
    for (const [path, text] of Object.entries(installed[name])) await put(root, { [`${store(name)}/${path}`]: text });
  }
  await link(root, 'node_modules/.pnpm/left@1.0.0/node_modules/right', store('right'));
  await link(root, 'node_modules/.pnpm/node_modules/right', store('right'));
  for (const [name, folder] of Object.entries(tools)) {
    await mkdir(join(root, dirname(store(name))), { recursive: true });
    await symlink(folder, join(root, store(name)));
  }
  await put(root, {
    'node_modules/.modules.yaml': 'layoutVersion: 5\nnodeLinker: isolated\nvirtualStoreDir: .pnpm\n',
    'node_modules/.pnpm/lock.yaml': "lockfileVersion: '9.0'\n",
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
    'pnpm-workspace.yaml': `packages:\n${packages.map(({ folder }) => `  - '${folder}'\n`).join('')}`,
  });
  const folderOf = new Map(packages.map(({ folder, name }) => [name, folder]));
  for (const each of [{ folder: '', name: 'root', needs: Object.keys(tools) }, ...packages]) {
    const modules = join(each.folder, 'node_modules');
    for (const name of each.needs) await link(root, `${modules}/${name}`, folderOf.get(name) ?? store(name));
    if (!each.needs.includes('left')) continue;
    const program = '#!/bin/sh\nbasedir=$(dirname "$0")\nexec node "$basedir/../left/cli.js" "$@"\n';
    await put(root, { [`${modules}/.bin/left`]: program });
    await chmod(join(root, modules, '.bin/left'), 0o755);
  }
}

/** As npm, Yarn 1 and Yarn's `nodeLinker: node-modules` install: everything at the top, packages of the project as links. */
export async function layHoisted(
  root: string,
  by: 'npm' | 'yarn' | 'berry',
  packages: readonly LaidOut[],
  tools: Files,
): Promise<void> {
  for (const name of ['left', 'right'] as const) {
    for (const [path, text] of Object.entries(installed[name]))
      await put(root, { [`node_modules/${name}/${path}`]: text });
  }
  await link(root, 'node_modules/.bin/left', 'node_modules/left/cli.js');
  for (const [name, folder] of Object.entries(tools)) await symlink(folder, join(root, 'node_modules', name));
  for (const { folder, name } of packages) await link(root, `node_modules/${name}`, folder);
  const traces: Readonly<Record<typeof by, Files>> = {
    npm: { 'package-lock.json': '{"lockfileVersion":3}', 'node_modules/.package-lock.json': '{"lockfileVersion":3}' },
    yarn: { 'yarn.lock': '# yarn lockfile v1\n', 'node_modules/.yarn-integrity': '{"systemParams":"linux-x64"}' },
    berry: {
      'yarn.lock': '__metadata:\n  version: 8\n',
      '.yarnrc.yml': 'nodeLinker: node-modules\n',
      'node_modules/.yarn-state.yml': '__metadata:\n  version: 1\n',
      '.yarn/install-state.gz': 'gz',
    },
  };
  await put(root, traces[by]);
}
