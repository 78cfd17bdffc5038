import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../scripts/services/ceph-rgw.sh', import.meta.url));

export interface BenchServer {
  /** `S3_ENDPOINT`, `S3_ACCESS_KEY`, `S3_SECRET_KEY`. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): void;
}

/** A fresh Ceph RGW that keeps everything where `room` says; the server of `S3_ENDPOINT` instead, where that is set. */
export async function startBenchServer(
  room: { readonly memoryBytes: number } | { readonly diskBytes: number },
): Promise<BenchServer> {
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  if (S3_ENDPOINT !== '') return { environment: { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY }, stop() {} };
  const directory = mkdtempSync(join(tmpdir(), 'bench-server-'));
  const state = join(directory, 's3');
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, 'start', state, String(await freePort())], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...('diskBytes' in room
        ? { DISKSTORE_BYTES: String(room.diskBytes) }
        : { MEMSTORE_BYTES: String(room.memoryBytes) }),
    },
  });
  if (status !== 0) throw new Error(`no S3 server: ${stderr.trim()}`);
  const environment = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return {
    environment,
    stop() {
      spawnSync('bash', [SCRIPT, 'stop', state]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
