import { type Browser, launch } from 'puppeteer-core';
import { firefoxPath } from './services.ts';

/** Sound without a click, and nothing that looks for updates or for a profile to import. */
const PREFERENCES: Readonly<Record<string, unknown>> = {
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'app.update.auto': false,
};

/**
 * Starts the machine's Firefox, headless, driven over WebDriver BiDi. The caller closes it.
 * Ask `serviceOrSkip('firefox')` first.
 * @throws Error when no Firefox is installed
 */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = firefoxPath();
  if (executablePath === undefined) throw new Error('no Firefox found; install it with: npm run setup:services');
  return launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: { ...PREFERENCES },
  });
}
