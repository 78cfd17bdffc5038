import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

/**
 * MD5 of a FLAC file's PCM as 24-bit samples, decoded beside this process's own work: by ffmpeg where it is installed,
 * else by our own libFLAC in a thread.
 * @throws Error when the file does not decode, or the signal is aborted
 */
export async function recordingMd5(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return (await md5WithFfmpeg(path, signal)) ?? (await md5InThread(path, signal));
}

/** The same at the lowest priority: a station captures and encodes meanwhile. */
export async function recordingMd5InBackground(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return (await md5WithFfmpeg(path, signal, yieldToOthers)) ?? (await md5InThread(path, signal));
}

/** @returns undefined without ffmpeg */
async function md5WithFfmpeg(
  path: string,
  signal: AbortSignal | undefined,
  onSpawn: (pid: number) => void = () => undefined,
): Promise<Uint8Array | undefined> {
  const args = ['-v', 'error', '-xerror', '-i', `file:${path}`, '-map', '0:a', '-c:a', 'pcm_s24le', '-f', 'md5', '-'];
  const child = spawn('ffmpeg', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  const spawned = once(child, 'spawn').then(
    () => true,
    () => false,
  );
  if (!(await spawned)) {
    // One that was ended before it had begun is not one that is missing.
    signal?.throwIfAborted();
    return undefined;
  }
  if (child.pid !== undefined) onSpawn(child.pid);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const [, hex] = /^MD5=([0-9a-f]{32})$/m.exec(stdout) ?? [];
  if (code !== 0 || hex === undefined)
    throw new Error(`${path} does not decode: ${stderr.trim().split('\n')[0] ?? ''}`);
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}

/** A decoder in this process's own thread would hold up capture for seconds. */
async function md5InThread(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const isSource = import.meta.url.endsWith('.ts');
  const file = isSource ? './pcm-md5-thread.ts' : './pcm-md5-thread.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: path,
    ...(isSource ? { execArgv: ['--conditions=@bucket-radio/source'] } : {}),
  });
  const end = (): void => void worker.terminate();
  signal?.addEventListener('abort', end, { once: true });
  const ended = once(worker, 'exit').then(() => {
    throw new Error(`decoding ${path} was ended`);
  });
  ended.catch(() => undefined);
  try {
    const [hex] = (await Promise.race([once(worker, 'message'), ended])) as [string];
    return new Uint8Array(Buffer.from(hex, 'hex'));
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
