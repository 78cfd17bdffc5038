// Pictures of the monitor for the guide: node --conditions=@bucket-radio/source tools/screenshots.ts URL DIRECTORY
import { join } from 'node:path';
import { launchChromium } from '@bucket-radio/testing';

const [url = 'http://127.0.0.1:8080', directory = '../../docs/images'] = process.argv.slice(2);
const SHOTS = [
  { name: 'monitor-light', colorScheme: 'light', width: 1400, height: 1000, scale: 1 },
  { name: 'monitor-dark', colorScheme: 'dark', width: 1400, height: 1000, scale: 1 },
  { name: 'monitor-phone-light', colorScheme: 'light', width: 390, height: 844, scale: 1.5 },
  { name: 'monitor-phone-dark', colorScheme: 'dark', width: 390, height: 844, scale: 1.5 },
] as const;

const browser = await launchChromium();
for (const { name, colorScheme, width, height, scale } of SHOTS) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale });
  await page.goto(url);
  await page.getByRole('img', { name: /^Spectrum .*loudest/ }).waitFor();
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await page.close();
}
await browser.close();
