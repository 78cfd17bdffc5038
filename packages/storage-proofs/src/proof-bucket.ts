import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FullObjectStore, withPrefix } from '@bucket-radio/object-store';
import { openS3, type S3Settings, s3Settings } from './s3.ts';

/** A bucket and a directory of a proof's own. */
export interface ProofBucket {
  readonly settings: S3Settings;
  /** In a bucket that was there before, below a prefix of its own. */
  readonly store: FullObjectStore;
  readonly directory: string;
  /** A file of noise, with its SHA-256. */
  noiseFile(name: string, size: number): Promise<{ readonly path: string; readonly sha256: string }>;
  /** Of an object, read back. */
  sha256Of(key: string): Promise<string>;
  /** Multipart uploads that were neither completed nor aborted. */
  uploadsLeft(): Promise<number>;
  close(): Promise<void>;
}

export async function openProofBucket(): Promise<ProofBucket> {
  const settings = s3Settings();
  const whole = await openS3(settings);
  const isShared = process.env['S3_BUCKET'] !== undefined;
  const store = isShared ? withPrefix(whole, `proof-${randomBytes(6).toString('hex')}/`) : whole;
  const directory = await mkdtemp(join(tmpdir(), 'storage-proofs-'));
  return {
    settings,
    store,
    directory,
    async noiseFile(name, size) {
      const path = join(directory, name);
      const bytes = randomBytes(size);
      await writeFile(path, bytes);
      return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    async sha256Of(key) {
      const hash = createHash('sha256');
      for await (const chunk of (await store.get(key)).body) hash.update(chunk);
      return hash.digest('hex');
    },
    async uploadsLeft() {
      let count = 0;
      for await (const _ of store.listMultiparts()) count++;
      return count;
    },
    async close() {
      whole.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Of `pnpm prove`: what the random choices grow from, and how many runs there are. */
export function proofRuns(runsAtScaleOne: number): { readonly seed: number; readonly runs: number } {
  const scale = Number(process.env['PROVE_SCALE'] ?? 1);
  return { seed: Number(process.env['PROVE_SEED'] ?? 1), runs: Math.max(1, Math.round(runsAtScaleOne * scale)) };
}

/** What a proof found, as the line that its record in docs/measurements is written from. */
export function tell(proof: string, numbers: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${proof}: ${JSON.stringify(numbers)}\n`);
}
