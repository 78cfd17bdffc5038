import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the range from which systems take the local end of outgoing connections. */
const FIRST_TEST_PORT = 12_000;
const TEST_PORTS = 20_000;

/** A free loopback port, for a process that is about to start. Drawn at random, so that parallel tests do not meet. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_TEST_PORT + Math.floor(Math.random() * TEST_PORTS);
    const server = createServer();
    // Not once(server, 'listening'): it rejects when the port is taken, which is no fault here.
    const free = await new Promise<boolean>((resolve) => {
      server.once('listening', () => resolve(true));
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1');
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

interface ProcessEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real `radio` process in a directory of its own. */
export interface StationProcess {
  readonly pid: number;
  readonly directory: string;
  readonly originPort: number;
  readonly monitorPort: number;
  /** Below the embedded bucket: `manifestUrl` and its neighbours. */
  readonly liveUrl: string;
  /** Everything printed so far. */
  readonly output: () => string;
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when a line printed by the process contains `text`; rejects when it ends without. */
  waitFor(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const MAIN = new URL('../main.ts', import.meta.url).pathname;

/** Environment without anything that would configure a station. */
export function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(R2_|RADIO_|CAPTURE_DEVICE_NAME|PORT$|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** Runs `radio ARGS`; nothing it writes leaves its directory, which lives until `cleanUp`. */
export class StationRunner {
  readonly #directories: string[] = [];
  readonly #children: ChildProcess[] = [];

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<StationProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'station-'));
    this.#directories.push(directory);
    const [originPort, monitorPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, ['--conditions=@bucket-radio/source', MAIN, ...args], {
      cwd: directory,
      env: {
        ...cleanEnv(),
        RADIO_ORIGIN_PORT: String(originPort),
        RADIO_MONITOR_PORT: String(monitorPort),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return follow(child, { directory, originPort, monitorPort });
  }

  /** Ends what still runs and removes the directories. */
  async cleanUp(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    for (const directory of this.#directories.splice(0)) await rm(directory, { recursive: true, force: true });
  }
}

function follow(
  child: ChildProcess,
  where: { readonly directory: string; readonly originPort: number; readonly monitorPort: number },
): StationProcess {
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (data: string) => {
      text[stream] += data;
      for (const watcher of watchers) watcher();
    });
  }
  const output = (): string => text.stdout + text.stderr;
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }));
  return {
    ...where,
    pid: child.pid ?? 0,
    liveUrl: `http://localhost:${where.originPort}/radio/live`,
    output,
    ended,
    kill: (signal) => child.kill(signal),
    waitFor: async (wanted) => {
      const seen = new Promise<void>((resolve) => {
        const check = (): void => {
          if (!output().includes(wanted)) return;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        check();
      });
      const gone = ended.then(({ code }) => {
        if (!output().includes(wanted)) throw new Error(`ended with ${code} before "${wanted}":\n${output()}`);
      });
      await Promise.race([seen, gone]);
    },
  };
}
