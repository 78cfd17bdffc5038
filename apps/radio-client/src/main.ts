#!/usr/bin/env node
import { createSite, type SiteFiles } from './app.ts';
import { readSiteFiles } from './assets.ts';
import { ConfigError, loadConfig } from './config.ts';
import { ListenError, listen } from './listen.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

let close = async (): Promise<void> => undefined;
const stop = (): void => {
  void close().then(() => process.exit(0));
};
for (const signal of STOP_SIGNALS) process.on(signal, stop);
// Started by the launcher: when it is gone, so are we.
process.once('disconnect', stop);

/** The scripts that browsers load: beside the built entry, else bundled from the sources. */
async function loadSiteFiles(): Promise<SiteFiles> {
  const built = await readSiteFiles(new URL('./files/', import.meta.url));
  return built ?? (await (await import('./bundle-site.ts')).bundleSite());
}

async function start(): Promise<void> {
  const config = loadConfig(process.env);
  // Begun now, awaited by the first visitor: the site answers before its scripts are bundled.
  const files = loadSiteFiles();
  files.catch((error: unknown) => fail(`the player could not be bundled: ${String(error).split('\n')[0]}`));
  close = await listen(createSite({ config, files: () => files }), config);
  const name = config.host === '127.0.0.1' || config.host === '0.0.0.0' ? 'localhost' : config.host;
  process.stdout.write(`site: http://${name}:${config.port}\n`);
}

function fail(message: string): never {
  process.stderr.write(`site: ${message.replaceAll('\n', '\nsite: ')}\n`);
  process.exit(1);
}

try {
  await start();
} catch (error) {
  if (error instanceof ConfigError || error instanceof ListenError) fail(error.message);
  throw error;
}
