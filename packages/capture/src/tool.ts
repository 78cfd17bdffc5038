import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { CaptureError } from './error.ts';

/** Longest line of a tool's messages that is passed on; the rest of a longer line is dropped. */
const MAX_LINE_CHARACTERS = 500;

/** Which programs are run: names found on `PATH`, or absolute paths. */
export interface Tools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly arecord: string;
  readonly parec: string;
  readonly pwRecord: string;
}

export const DEFAULT_TOOLS: Tools = {
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffprobe',
  arecord: 'arecord',
  parec: 'parec',
  pwRecord: 'pw-record',
};

interface ToolExit {
  /** `null` when a signal ended it. */
  readonly code: number | null;
}

export interface RunningTool {
  /** Absent when it could not be started. */
  readonly pid: number | undefined;
  /** Standard output until it ends. Nothing is read ahead: a tool whose output is not read waits. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the process is gone and all its lines were delivered. */
  readonly exit: Promise<ToolExit>;
  /** Ends the process, whatever it is doing; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ToolOptions {
  /** Ends the process. */
  readonly signal: AbortSignal;
  /** Receives each non-empty line of standard error, trimmed. */
  readonly onLine: (line: string) => void;
}

/**
 * Starts a program with an argument array: no shell ever sees it. It gets its own process group, so that Ctrl-C in a
 * terminal reaches the station only, which then stops its sources in order.
 * @throws CaptureError `ToolMissing` from `output` and `exit` when the program is not installed.
 */
export function startTool(command: string, args: readonly string[], options: ToolOptions): RunningTool {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const { stdout, stderr } = child;
  const exit = exitOf(child, command);
  exit.catch(() => undefined);
  const kill = (): void => {
    killGroup(child);
    stdout.destroy();
  };
  options.signal.addEventListener('abort', kill, { once: true });
  child.once('close', () => options.signal.removeEventListener('abort', kill));
  if (options.signal.aborted) kill();
  forEachLine(stderr, options.onLine);
  return {
    pid: child.pid,
    output: read(stdout, exit, options.signal),
    exit,
    stop: async () => {
      kill();
      await exit.catch(() => undefined);
    },
  };
}

function exitOf(child: ChildProcess, command: string): Promise<ToolExit> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(toolError(command, cause)));
    child.once('close', (code) => resolve({ code }));
  });
}

/**
 * SIGKILL: these tools have nothing to save when they are read from, and ffmpeg ignores gentler signals while it is
 * blocked in a write to a pipe that nobody reads.
 */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

async function* read(stdout: Readable, exit: Promise<ToolExit>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    for await (const data of stdout) yield data as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) await exit;
}

function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let line = '';
  const flush = (): void => {
    const text = line.trim();
    line = '';
    if (text !== '') onLine(text);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const [first = '', ...rest] = text.split(/[\r\n]/);
    line = (line + first).slice(0, MAX_LINE_CHARACTERS);
    for (const next of rest) {
      flush();
      line = next.slice(0, MAX_LINE_CHARACTERS);
    }
  });
  stream.once('end', flush);
}

const PACKAGES: Readonly<Record<string, string>> = {
  ffmpeg: 'ffmpeg (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg)',
  ffprobe: 'ffmpeg (Debian, Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg)',
  arecord: 'alsa-utils (Debian, Ubuntu: apt install alsa-utils)',
  parec: 'pulseaudio-utils (Debian, Ubuntu: apt install pulseaudio-utils)',
  'pw-record': 'pipewire-bin (Debian, Ubuntu: apt install pipewire-bin)',
};

function toolError(command: string, cause: Error): CaptureError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  if (!missing) return new CaptureError('SourceFailed', `${command} could not be started: ${cause.message}`, { cause });
  const name = command.slice(command.lastIndexOf('/') + 1);
  const fix = PACKAGES[name] ?? `${name}, or use a source that does not need it`;
  return new CaptureError('ToolMissing', `${command} is not installed; install ${fix}`, { cause });
}

export interface ToolResult extends ToolExit {
  /** Standard output, at most {@link MAX_OUTPUT_BYTES}. */
  readonly output: Buffer;
  readonly lines: readonly string[];
  /** It did not end in time and was ended. */
  readonly timedOut: boolean;
}

/** What {@link runTool} keeps of a tool's output: far more than any answer it is asked for. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** Runs a program to its end and keeps what it said. */
export async function runTool(command: string, args: readonly string[], timeoutMs: number): Promise<ToolResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const lines: string[] = [];
  const tool = startTool(command, args, { signal: timeout, onLine: (line) => lines.push(line) });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of tool.output) {
      bytes += piece.length;
      if (bytes <= MAX_OUTPUT_BYTES) pieces.push(piece);
    }
    const { code } = await tool.exit;
    return { code, output: Buffer.concat(pieces), lines, timedOut: timeout.aborted };
  } finally {
    await tool.stop();
  }
}
