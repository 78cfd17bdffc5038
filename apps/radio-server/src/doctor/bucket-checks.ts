import { randomBytes } from 'node:crypto';
import { stationObjectHeaders } from '@bucket-radio/manifest';
import { isObjectStoreError, ObjectStoreError, type ObjectStoreErrorCode } from '@bucket-radio/object-store';
import { createS3Store, type S3Store } from '@bucket-radio/object-store-s3';
import { ulid } from 'ulid';
import type { StationConfig } from '../config/settings.ts';
import { corsNote } from '../verify/headers.ts';
import { type CheckResult, fail, messageOf, ok, warn } from './check.ts';

const TIMEOUT_MS = 20_000;
/** A probe as large as a segment's half, sent three times. */
const UPLINK_PROBE_BYTES = 1024 * 1024;
const UPLINK_PROBES = 3;
/** Both renditions at their largest, bits per second. */
const NEEDED_BPS = 2_480_000;
const COMFORTABLE = 1.5;
const CLOCK_WARN_MS = 1000;
/** R2 refuses at five minutes. */
const CLOCK_FAIL_MS = 240_000;
const CLOCK_FIX = 'sudo timedatectl set-ntp true; check with timedatectl show-timesync --all, or chronyc tracking';
/** Long enough a name to be an origin, and nobody's. */
const ORIGIN = 'https://listener.example';

/** What to do when the bucket refuses, by what it says; clock first, because a clock looks like wrong keys. */
const FIXES: Readonly<Partial<Record<ObjectStoreErrorCode, string>>> = {
  ClockSkew: `${CLOCK_FIX}; leave the credentials as they are`,
  Unauthenticated: `check the clock first (${CLOCK_FIX}); then copy R2_ACCESS_KEY and R2_SECRET_KEY again from the API token`,
  PermissionDenied: 'check the clock first; then give the API token "Object Read & Write" on this bucket',
  NotFound: 'create the bucket, or correct R2_BUCKET',
  Unavailable: 'check R2_ENDPOINT (the S3 API URL, without the bucket), the network and DNS',
  Timeout: 'check R2_ENDPOINT and the network: nothing answered in time',
};

/** Endpoint, credentials, bucket, clock, conditional writes, uplink, and what listeners get. */
export async function bucketChecks(config: StationConfig): Promise<readonly CheckResult[]> {
  const { r2Endpoint, r2Bucket, r2AccessKey, r2SecretKey } = config;
  if (r2Endpoint === undefined || r2Bucket === undefined || r2AccessKey === undefined || r2SecretKey === undefined) {
    return [ok('bucket', 'embedded: the station serves itself, on this machine and its network')];
  }
  let store: S3Store;
  try {
    store = createS3Store({
      endpoint: r2Endpoint,
      bucket: r2Bucket,
      accessKeyId: r2AccessKey,
      secretAccessKey: r2SecretKey,
      maxAttempts: 2,
    });
  } catch (error) {
    return [fail('bucket', messageOf(error), 'correct the R2_ variables as the message says')];
  }
  try {
    return await askBucket(store, config);
  } finally {
    store.close();
  }
}

async function askBucket(store: S3Store, config: StationConfig): Promise<readonly CheckResult[]> {
  const key = `${config.prefix}/doctor-${ulid()}.mp4`;
  const body = randomBytes(1024);
  const { contentType, cacheControl } = stationObjectHeaders('x/hq/00000000.mp4');
  const attributes = { contentType, cacheControl };
  try {
    await store.check({ timeoutMs: TIMEOUT_MS });
    await store.put(key, body, { attributes, mode: 'create', timeoutMs: TIMEOUT_MS });
  } catch (error) {
    return [refused(error), ...clockOffset(store)];
  }
  try {
    return [
      ok('bucket', `${store.name}: endpoint, credentials and bucket are right, objects can be written`),
      ...clockOffset(store),
      await conditionalWrites(store, key),
      await uplink(store, key, config),
      ...(await publicRead({ key, body, cacheControl, publicUrl: config.r2PublicUrl })),
    ];
  } finally {
    await store.delete(key, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  }
}

function refused(error: unknown): CheckResult {
  const code = error instanceof ObjectStoreError ? error.code : undefined;
  const fix = (code === undefined ? undefined : FIXES[code]) ?? 'correct the R2_ variables as the message says';
  return fail('bucket', messageOf(error), fix);
}

function clockOffset(store: S3Store): CheckResult[] {
  const { clockOffsetMs } = store.stats();
  if (clockOffsetMs === undefined) return [];
  const off = Math.abs(clockOffsetMs);
  const detail = `this machine is ${(off / 1000).toFixed(1)} s ${clockOffsetMs > 0 ? 'behind' : 'ahead of'} the bucket`;
  if (off >= CLOCK_FAIL_MS) return [fail('clock offset', `${detail}: requests are refused at 300 s`, CLOCK_FIX)];
  return [off > CLOCK_WARN_MS ? warn('clock offset', detail, CLOCK_FIX) : ok('clock offset', detail)];
}

async function conditionalWrites(store: S3Store, key: string): Promise<CheckResult> {
  const name = 'conditional write';
  const fix =
    'never run two encoders for one station here, or use a store with conditional writes (R2, S3, MinIO, Ceph)';
  try {
    await store.put(key, randomBytes(16), { mode: 'create', timeoutMs: TIMEOUT_MS });
    return warn(name, 'the store overwrites where it must not: a second encoder is noticed one segment late', fix);
  } catch (error) {
    if (isObjectStoreError(error, 'AlreadyExists')) return ok(name, 'a second encoder is noticed at once');
    return warn(name, messageOf(error), fix);
  }
}

async function uplink(store: S3Store, key: string, { uplinkMbps }: StationConfig): Promise<CheckResult> {
  const name = 'uplink';
  const body = randomBytes(UPLINK_PROBE_BYTES);
  const probe = `${key}.uplink.mp4`;
  let bestMs = Number.POSITIVE_INFINITY;
  try {
    for (let i = 0; i < UPLINK_PROBES; i++) {
      const startedMs = performance.now();
      await store.put(probe, body, { timeoutMs: TIMEOUT_MS });
      bestMs = Math.min(bestMs, performance.now() - startedMs);
    }
  } catch (error) {
    return fail(
      name,
      `${UPLINK_PROBE_BYTES / 1024 / 1024} MiB could not be sent: ${messageOf(error)}`,
      'check the line',
    );
  } finally {
    await store.delete(probe, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  }
  const bps = (UPLINK_PROBE_BYTES * 8000) / bestMs;
  const told = uplinkMbps === undefined ? '' : ` (RADIO_UPLINK_MBPS says ${uplinkMbps})`;
  const detail = `${(bps / 1e6).toFixed(1)} Mbit/s measured${told}, ${(NEEDED_BPS / 1e6).toFixed(2)} needed at most`;
  const fix = 'use a faster line, a cable instead of Wi-Fi, or stop other uploads: segments would wait';
  if (bps < NEEDED_BPS) return fail(name, detail, fix);
  return bps < NEEDED_BPS * COMFORTABLE ? warn(name, detail, fix) : ok(name, detail);
}

interface PublicProbe {
  readonly key: string;
  readonly body: Uint8Array;
  readonly cacheControl: string;
  readonly publicUrl: string | undefined;
}

/** Reads the probe as a browser on another site does. */
async function publicRead({ key, body, cacheControl, publicUrl }: PublicProbe): Promise<CheckResult[]> {
  const name = 'public URL';
  if (publicUrl === undefined) {
    return [
      warn(
        name,
        'R2_PUBLIC_URL is not set: listeners are sent to the S3 endpoint',
        'set R2_PUBLIC_URL to where the bucket is public',
      ),
    ];
  }
  const url = `${publicUrl.replace(/\/+$/, '')}/${key}`;
  let answer: Response;
  let received: Buffer;
  try {
    answer = await fetch(url, { headers: { Origin: ORIGIN }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    received = Buffer.from(await answer.arrayBuffer());
  } catch {
    return [fail(name, `${publicUrl} does not answer`, 'check R2_PUBLIC_URL, its DNS name and its certificate')];
  }
  const { status, headers } = answer;
  if (status === 401 || status === 403) {
    return [
      fail(
        name,
        `${publicUrl} answers ${status}: the bucket is not public`,
        'R2: Settings → Public access, custom domain or r2.dev',
      ),
    ];
  }
  if (status !== 200 || !received.equals(body)) {
    return [
      fail(
        name,
        `${publicUrl} answers ${status} for an object that was just written`,
        'correct R2_PUBLIC_URL: it must be the root of this bucket',
      ),
    ];
  }
  return [ok(name, `${publicUrl} serves what was just written`), cacheCheck(headers, cacheControl), corsCheck(headers)];
}

function cacheCheck(headers: Headers, expected: string): CheckResult {
  const found = headers.get('cache-control') ?? 'none';
  if (found.replaceAll(' ', '') === expected.replaceAll(' ', '')) return ok('cache headers', found);
  const fix = `let the proxy in front of the bucket keep Cache-Control: ${expected}`;
  return warn('cache headers', `Cache-Control is ${found}`, fix);
}

function corsCheck(headers: Headers): CheckResult {
  const allowed = headers.get('access-control-allow-origin');
  const fix =
    'R2: Settings → CORS policy: AllowedOrigins ["*"] (or your site), AllowedMethods ["GET","HEAD"], ExposeHeaders ["ETag","Date","Age"]';
  if (allowed === null) return fail('CORS', 'pages on other hosts may not read the bucket: browsers play nothing', fix);
  const note = corsNote(headers);
  return note === undefined
    ? ok('CORS', `${allowed} may read; ETag, Date and Age are exposed`)
    : warn('CORS', note, fix);
}
