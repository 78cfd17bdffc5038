import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { CaptureError } from '../error.ts';
import { createRedactor, redactUrl } from '../redact.ts';

/** What ffmpeg is asked to open. */
export interface FfmpegInput {
  /** What stands after `-i`. */
  readonly url: string;
  /** Options that stand before `-i`. */
  readonly options: readonly string[];
  /** For people; without credentials. */
  readonly name: string;
  readonly network: boolean;
  /** A device, which has no end. */
  readonly device: boolean;
  /** Masks this input's credentials in a text. */
  readonly redact: (text: string) => string;
}

/** A server that sends nothing for this long has failed. */
const NETWORK_TIMEOUT_MS = 10_000;

const NETWORK_SCHEMES: readonly string[] = ['http', 'https', 'rtmp', 'rtmps', 'srt', 'tcp', 'udp'];
/** What a network input may open in turn: no `file`, so that a playlist from outside cannot read this computer. */
const NETWORK_PROTOCOLS = `${NETWORK_SCHEMES.join(',')},tls,crypto,httpproxy,data`;
const FILE_PROTOCOLS = `file,${NETWORK_PROTOCOLS}`;

/**
 * Turns what stands after `ffmpeg:` into arguments.
 * @throws CaptureError `SourceNotFound` for a file that is not there, `UnsupportedFormat` for a scheme that is not allowed
 */
export async function resolveInput(text: string): Promise<FfmpegInput> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return fileInput(text);
  if (scheme === 'file') return fileInput(filePath(text));
  if (!NETWORK_SCHEMES.includes(scheme)) {
    const allowed = NETWORK_SCHEMES.map((name) => `${name}://`).join(', ');
    throw new CaptureError(
      'UnsupportedFormat',
      `${redactUrl(text)}: ${scheme}:// is not supported; use a file or ${allowed}`,
    );
  }
  return {
    url: text,
    options: ['-protocol_whitelist', NETWORK_PROTOCOLS, '-rw_timeout', String(NETWORK_TIMEOUT_MS * 1000)],
    name: redactUrl(text),
    network: true,
    device: false,
    redact: createRedactor(text),
  };
}

/** Devices that make sound as fast as it is read. */
const UNPACED_DEVICES: readonly string[] = ['lavfi'];

/** A device as ffmpeg names it: `-f FORMAT -i DEVICE`. Both are arguments of their own; neither can become an option. */
export function deviceInput(format: string, device: string): FfmpegInput {
  return {
    url: device,
    options: [...(UNPACED_DEVICES.includes(format) ? ['-re'] : []), '-f', format],
    name: `${format} ${device}`,
    network: false,
    device: true,
    redact: (line) => line,
  };
}

function filePath(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return url.slice('file://'.length);
  }
}

async function fileInput(path: string): Promise<FfmpegInput> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((cause: unknown) => {
    throw new CaptureError('SourceNotFound', `file ${absolute} cannot be opened: ${reason(cause)}`, { cause });
  });
  if (found.isDirectory()) {
    throw new CaptureError('SourceNotFound', `${absolute} is a directory; name one audio file in it`);
  }
  return {
    // With the protocol spelled out, a name that starts with "-" or contains ":" is still only a name.
    url: `file:${absolute}`,
    options: ['-protocol_whitelist', FILE_PROTOCOLS],
    name: basename(absolute),
    network: false,
    device: false,
    redact: (line) => line,
  };
}

function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it does not exist';
  if (code === 'EACCES') return 'permission denied';
  return String(code ?? cause);
}
