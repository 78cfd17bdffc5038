import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type PackageManifest, ROOT, readManifest } from './publishable.ts';

/** One version that the registry offers: a packed tarball, or a directory that is packed when asked for. */
interface Offer {
  readonly manifest: PackageManifest;
  readonly tarball?: string;
  readonly directory?: string;
}

export interface LocalRegistry extends AsyncDisposable {
  readonly url: string;
  /** `name@version` of every tarball that was fetched. */
  readonly fetched: ReadonlySet<string>;
}

/**
 * An npm registry on loopback. It offers the packed tarballs, and whatever third-party packages the workspace has
 * installed: so `npm install` resolves, fetches and unpacks as it does for anybody, without a network.
 */
export async function localRegistry(packed: ReadonlyMap<string, PackageManifest>): Promise<LocalRegistry> {
  const offers = installedPackages();
  for (const [tarball, manifest] of packed) {
    offers.set(manifest.name, new Map([[manifest.version, { manifest, tarball }]]));
  }
  const fetched = new Set<string>();
  const server = createServer((request, response) => {
    const [, name = '', version] = (request.url ?? '').split('/').map(decodeURIComponent);
    const versions = offers.get(name);
    const offer = version === undefined ? undefined : versions?.get(version);
    if (version === undefined && versions !== undefined) sendPackument(response, url(), name, versions);
    else if (offer === undefined) response.writeHead(404).end('{"error":"not in this registry"}');
    else {
      fetched.add(`${name}@${version}`);
      sendTarball(response, offer);
    }
  }).listen(0, '127.0.0.1');
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await once(server, 'listening');
  return {
    url: url(),
    fetched,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The packages in pnpm's virtual store: `.pnpm/DIRECTORY/node_modules/NAME`, which holds its dependencies as links. */
function installedPackages(): Map<string, Map<string, Offer>> {
  const store = join(ROOT, 'node_modules', '.pnpm');
  const offers = new Map<string, Map<string, Offer>>();
  for (const entry of readdirSync(store)) {
    const match = /^(?<name>@[^+@]+\+[^@]+|[^@]+)@/.exec(entry);
    const name = match?.groups?.['name']?.replace('+', '/');
    if (name === undefined) continue;
    const directory = join(store, entry, 'node_modules', name);
    if (!existsSync(join(directory, 'package.json'))) continue;
    const manifest = readManifest(join(directory, 'package.json'));
    const versions = offers.get(name) ?? new Map<string, Offer>();
    versions.set(manifest.version, { manifest, directory });
    offers.set(name, versions);
  }
  return offers;
}

function sendPackument(
  response: ServerResponse,
  url: string,
  name: string,
  versions: ReadonlyMap<string, Offer>,
): void {
  const newest = [...versions.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  const entries = [...versions].map(([version, { manifest }]) => {
    const tarball = `${url}/${encodeURIComponent(name)}/${version}`;
    return [version, { ...manifest, name, dist: { tarball } }] as const;
  });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name, 'dist-tags': { latest: newest }, versions: Object.fromEntries(entries) }));
}

function sendTarball(response: ServerResponse, { tarball, directory }: Offer): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  if (tarball !== undefined) {
    response.end(readFileSync(tarball));
    return;
  }
  const tar = spawn('tar', [
    ...['--create', '--gzip', '--hard-dereference', '--exclude=./node_modules', '--transform=s,^[.],package,'],
    ...['--directory', directory ?? '', '.'],
  ]);
  tar.stdout.pipe(response);
  tar.once('close', (code) => {
    if (code !== 0) response.destroy();
  });
}
