import { type Browser, chromium } from 'playwright-core';
import { chromiumPath } from './services.ts';

/** Quiet, offline, and allowed to make sound without a click. */
const FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export interface LaunchChromiumOptions {
  /** Flags added to the usual ones. */
  readonly args?: readonly string[];
  /** Environment of the browser process, for example `PULSE_SERVER`; the test's own when omitted. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its sound goes to the sound daemon, where it can be recorded. Default: muted, as headless browsers are. */
  readonly audible?: boolean;
}

/**
 * Starts the machine's Chromium, headless. The caller closes it.
 * Ask `serviceOrSkip('chromium')` first.
 * @throws Error when no Chromium is installed
 */
export async function launchChromium(options: LaunchChromiumOptions = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium found; install it with: npm run setup:services');
  return chromium.launch({
    executablePath,
    args: [...FLAGS, ...(options.args ?? [])],
    ...(options.audible === true ? { ignoreDefaultArgs: ['--mute-audio'] } : {}),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  });
}
