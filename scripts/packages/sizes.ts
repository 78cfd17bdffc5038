import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { PackedPackage } from './pack.ts';
import { publishablePackages } from './publishable.ts';

export interface PackageSize {
  /** What `npm install` fetches for this package alone: code, types, sources, source maps. */
  readonly tarballKb: number;
  /** Its own code behind `.`, minified and gzipped, its dependencies left out. */
  readonly codeKb: number;
}

/** What a package may weigh. About a quarter above what it weighs now: an accident is found, growth is a decision. */
export const BUDGETS_KB: Readonly<Record<string, PackageSize>> = {
  '@bucket-radio/archive': { tarballKb: 90, codeKb: 12 },
  '@bucket-radio/capture': { tarballKb: 190, codeKb: 24 },
  '@bucket-radio/cloudflare-clients': { tarballKb: 125, codeKb: 16 },
  '@bucket-radio/encoders': { tarballKb: 80, codeKb: 9 },
  '@bucket-radio/hybrid-buffer': { tarballKb: 115, codeKb: 13 },
  '@bucket-radio/manifest': { tarballKb: 48, codeKb: 6 },
  '@bucket-radio/object-store': { tarballKb: 185, codeKb: 16 },
  '@bucket-radio/object-store-s3': { tarballKb: 105, codeKb: 16 },
  '@bucket-radio/pcm': { tarballKb: 12, codeKb: 1.5 },
  '@bucket-radio/player': { tarballKb: 800, codeKb: 36 },
  '@bucket-radio/publisher': { tarballKb: 130, codeKb: 18 },
  '@bucket-radio/segmenter': { tarballKb: 9, codeKb: 1.5 },
  '@bucket-radio/uploader': { tarballKb: 80, codeKb: 11 },
};

/** @param packed a package packed from a build that is still in its directory */
export async function measurePackage({ tarball, manifest }: PackedPackage): Promise<PackageSize> {
  const directory = publishablePackages().find((one) => one.manifest.name === manifest.name)?.directory ?? '';
  const { outputFiles } = await build({
    entryPoints: [join(directory, 'dist', 'index.js')],
    bundle: true,
    minify: true,
    write: false,
    outdir: dirname(tarball),
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  const code = outputFiles.find(({ path }) => path.endsWith('.js'))?.contents ?? new Uint8Array(0);
  return { tarballKb: kb(statSync(tarball).size), codeKb: kb(gzipSync(code).length) };
}

function kb(bytes: number): number {
  return Math.round(bytes / 102.4) / 10;
}
