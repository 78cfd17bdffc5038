import { createHash } from 'node:crypto';
import type { MultipartUpload, UploadedPart } from '@bucket-radio/object-store';
import type { UploadControl } from './control.ts';
import type { ProgressTracker } from './progress.ts';
import type { UploadStore } from './types.ts';

/** A part that is stored, with the SHA-256 that the store compared its bytes with. */
export interface SentPart extends UploadedPart {
  readonly sha256: string;
}

/** A part to send; read twice, first for its SHA-256. */
export interface PartToSend {
  readonly partNumber: number;
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** Where lanes get their work. Two lanes may ask at the same time. */
export interface PartFeed {
  /** @returns `undefined` when there is no more */
  next(lane: number): Promise<PartToSend | undefined>;
}

export interface LaneContext {
  readonly store: UploadStore;
  readonly upload: MultipartUpload;
  readonly feed: PartFeed;
  readonly concurrency: number;
  readonly control: UploadControl;
  readonly progress: ProgressTracker;
  /** Before the part counts as done: what it resolves after is what a crash loses. */
  readonly onPart?: (part: SentPart) => Promise<void>;
}

/**
 * Sends all parts of a feed, a few at a time; each lane has one part, and so one connection, at a time. When one fails,
 * the others finish or break off, and only then is it told: nothing is in flight afterwards.
 */
export async function sendParts(context: LaneContext): Promise<SentPart[]> {
  const { feed, concurrency, control } = context;
  const sent: SentPart[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([control.signal, stop.signal]);
  const failures: unknown[] = [];
  const runLane = async (lane: number): Promise<void> => {
    try {
      while (!stop.signal.aborted) {
        await control.ready();
        const part = await feed.next(lane);
        if (part === undefined || stop.signal.aborted) return;
        sent.push(await sendPart(context, lane, part, signal));
      }
    } catch (error) {
      failures.push(error);
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, lane) => runLane(lane)));
  if (failures.length > 0) throw failures[0];
  return sent;
}

async function sendPart(
  { store, upload, progress, onPart }: LaneContext,
  lane: number,
  part: PartToSend,
  signal: AbortSignal,
): Promise<SentPart> {
  const hash = createHash('sha256');
  for await (const chunk of part.chunks()) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const body = {
    size: part.size,
    async *chunks() {
      let bytes = 0;
      progress.setInFlight(lane, 0);
      for await (const chunk of part.chunks()) {
        yield chunk;
        bytes += chunk.length;
        progress.setInFlight(lane, bytes);
      }
    },
  };
  const stored = await store.putPart(upload, part.partNumber, body, { signal, checksum: { sha256 } });
  const sent = { ...stored, sha256 };
  await onPart?.(sent);
  progress.confirm(lane, part.size);
  return sent;
}

/** SHA-256 over the SHA-256s of the parts, as S3's composite checksums are made. */
export function compositeChecksum(parts: readonly SentPart[]): string {
  const hash = createHash('sha256');
  for (const { sha256 } of inOrder(parts)) hash.update(Buffer.from(sha256, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}

export function inOrder<Part extends { readonly partNumber: number }>(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => a.partNumber - b.partNumber);
}
