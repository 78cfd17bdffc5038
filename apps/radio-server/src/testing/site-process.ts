import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnv, freePort } from './station-process.ts';

const MAIN = new URL('../../../radio-client/src/main.ts', import.meta.url).pathname;

/** A real listener site beside a station. */
export interface SiteProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Resolves when the page answers. */
export async function startSite(originPort: number): Promise<SiteProcess> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@bucket-radio/source', MAIN], {
    env: { ...cleanEnv(), PORT: String(port), RADIO_ORIGIN_PORT: String(originPort) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = child.stdout === null ? Promise.reject(new Error('no output')) : once(child.stdout, 'data');
  await Promise.race([
    ready,
    exited.then(([code]) => {
      throw new Error(`the site ended with ${code}`);
    }),
  ]);
  return {
    url: `http://localhost:${port}`,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
