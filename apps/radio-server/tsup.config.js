import { library } from '@bucket-radio/tooling-build/library';

export default library(
  { main: 'src/main.ts', 'pcm-md5-thread': 'src/recordings/pcm-md5-thread.ts' },
  // Only a clone that was not built bundles the monitor's page.
  { platform: 'node', target: 'node24', external: ['@bucket-radio/player/bundle', 'esbuild'] },
);
