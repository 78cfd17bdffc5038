import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';

/** Who may use the monitor. */
export interface MonitorAccess {
  /** Address it is bound to. */
  readonly host: string;
  /** Required of everybody when there is one. */
  readonly token?: string;
}

/** Names of this machine that never leave it. A page elsewhere whose name is rebound to 127.0.0.1 sends its own. */
const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;
const COOKIE = 'radio_monitor';
const COOKIE_SECONDS = 30 * 86_400;
/** Tries in a minute, of everybody together: a token of 16 characters is not guessed at this rate. */
const MAX_LOGINS_PER_MINUTE = 20;
/** Container health checks have no token. */
const OPEN_PATHS = new Set(['/healthz', '/login', '/monitor.css', '/favicon.ico']);

/**
 * Whether a `Host` header names this machine: a loopback name; bound elsewhere also an IP address, the name it is bound
 * to and the machine's own. DNS rebinding needs a name of somebody else's.
 */
export function isOwnHost(header: string | undefined, { host }: MonitorAccess): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s/@]+)(?::\d{1,5})?$/i.exec(header ?? '');
  const name = match?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (LOOPBACK_NAME.test(name)) return true;
  if (LOOPBACK_NAME.test(host) || host === '::1') return false;
  const own = hostname().toLowerCase();
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || [host.toLowerCase(), own, `${own}.local`].includes(name);
}

/** Whether a browser sends this for a page that is not the monitor's own. Programs send neither header. */
export function isCrossSite(headers: Headers): boolean {
  const site = headers.get('Sec-Fetch-Site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = headers.get('Origin');
  const host = headers.get('Host') ?? '';
  return origin !== null && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** Refuses requests to foreign names, changes that another site asks for, and whoever does not know the token. */
export function checkAccess(access: MonitorAccess): MiddlewareHandler {
  return async (c, next) => {
    if (!isOwnHost(c.req.header('Host'), access)) return c.text('the monitor does not answer to this host name\n', 403);
    const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    if (changes && isCrossSite(c.req.raw.headers)) return c.text('another site may not control the station\n', 403);
    if (OPEN_PATHS.has(c.req.path) || access.token === undefined || isKnown(c, access.token)) return await next();
    if (c.req.method === 'GET' && c.req.path === '/') return c.redirect('/login');
    c.header('WWW-Authenticate', 'Bearer realm="radio monitor"');
    return c.text('send the token: Authorization: Bearer RADIO_MONITOR_TOKEN\n', 401);
  };
}

function isKnown(c: Context, token: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
  if (bearer !== undefined) return same(bearer, token);
  return same(getCookie(c, COOKIE) ?? '', sessionOf(token));
}

/** In the cookie stands no token: whoever reads it there cannot use it after the token has changed. */
function sessionOf(token: string): string {
  return createHmac('sha256', token).update('radio monitor session').digest('hex');
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

const loginForm = z.object({ token: z.string().max(200) });

/** `POST /login`: a browser gets a cookie for the token. */
export function createLogin(access: MonitorAccess): (c: Context) => Promise<Response> {
  let tries: number[] = [];
  return async (c) => {
    const nowMs = Date.now();
    tries = [...tries.filter((atMs) => atMs > nowMs - 60_000), nowMs];
    if (tries.length > MAX_LOGINS_PER_MINUTE) return c.text('too many tries; wait a minute\n', 429);
    const form = loginForm.safeParse(await c.req.parseBody().catch(() => undefined));
    const { token } = access;
    if (token === undefined) return c.redirect('/');
    if (!form.success || !same(form.data.token, token)) return c.html(loginPage('This is not the token.'), 401);
    setCookie(c, COOKIE, sessionOf(token), { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: COOKIE_SECONDS });
    return c.redirect('/', 303);
  };
}

/** @param problem one line of our own, no input */
export function loginPage(problem = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Radio monitor: sign in</title>
<link rel="stylesheet" href="/monitor.css">
</head>
<body>
<main class="login">
<h1>Radio monitor</h1>
<form method="post" action="/login">
<label for="token">Token of this station (RADIO_MONITOR_TOKEN)</label>
<input id="token" name="token" type="password" required autocomplete="current-password" autofocus>
<button>Sign in</button>
<p role="alert">${problem}</p>
</form>
</main>
</body>
</html>
`;
}
