import { createHmac } from 'node:crypto';
import type { Alert } from './alert.ts';

export interface WebhookOptions {
  /** May hold a token: never logged. */
  readonly url: string;
  /** Signs every message; with `whsec_` before it, base64 as the Standard Webhooks libraries write it. */
  readonly secret?: string;
  readonly station: string;
  readonly fetch?: typeof fetch;
  readonly nowMs?: () => number;
}

/** A message that was not taken: what is known of why, without the address. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

const TIMEOUT_MS = 10_000;

/** Sends one alert as JSON, once. @throws WebhookError unless the answer is 2xx */
export async function sendWebhook(alert: Alert, options: WebhookOptions): Promise<void> {
  const { url, secret, station, fetch: request = fetch, nowMs = Date.now } = options;
  const body = JSON.stringify({ type: `alert.${alert.state}`, station, ...alert });
  const id = `${alert.id}.${alert.state}`;
  const timestamp = String(Math.floor(nowMs() / 1000));
  const signature = secret === undefined ? {} : { 'webhook-signature': sign({ id, timestamp, body }, secret) };
  let response: Response;
  try {
    response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, ...signature },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new WebhookError(reasonOf(error));
  }
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw new WebhookError(`it answers ${response.status}`);
}

/** `webhook-signature` as https://www.standardwebhooks.com defines it: what any of its libraries can check. */
export function sign(
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
  secret: string,
): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The system's word for it; messages of `fetch` may hold the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const code: unknown = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
  return typeof code === 'string' ? `it cannot be reached (${code})` : 'it cannot be reached, or redirects';
}
