import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PackageManifest, PublishablePackage } from './publishable.ts';

const execute = promisify(execFile);

export interface PackedPackage {
  /** Path of the `.tgz`. */
  readonly tarball: string;
  /** The package.json inside: `workspace:` and `catalog:` are versions by now. */
  readonly manifest: PackageManifest;
  /** Paths inside, without the leading `package/`. */
  readonly files: readonly string[];
}

/** Packs a built package as a release does. @throws Error when pnpm refuses it */
export async function packPackage({ directory, manifest }: PublishablePackage, into: string): Promise<PackedPackage> {
  await execute('pnpm', ['pack', '--pack-destination', into], { cwd: directory });
  const stem = `${manifest.name.replace('@', '').replace('/', '-')}-`;
  const file = readdirSync(into).find((name) => name.startsWith(stem) && /^\d/.test(name.slice(stem.length)));
  const tarball = join(into, file ?? '');
  const list = await execute('tar', ['--list', '--gzip', '--file', tarball]);
  const packed = await execute('tar', [
    '--extract',
    '--gzip',
    '--to-stdout',
    '--file',
    tarball,
    'package/package.json',
  ]);
  const files = list.stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  return { tarball, manifest: JSON.parse(packed.stdout) as PackageManifest, files };
}

/** What a person can import: `.` and `./engine`; not JSON, not patterns, not what only the workspace's own sources answer. */
export function entryPoints({ name, exports = {} }: PackageManifest): readonly string[] {
  return Object.entries(exports)
    .filter(([path]) => !path.includes('*') && !path.endsWith('.json'))
    .filter(([, target]) => typeof target === 'object' && target !== null && 'default' in target)
    .map(([path]) => name + path.slice(1));
}
