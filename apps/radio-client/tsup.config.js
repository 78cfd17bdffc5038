import { library } from '@bucket-radio/tooling-build/library';

export default library(
  { main: 'src/main.ts', app: 'src/app.ts' },
  { platform: 'node', target: 'node24', external: ['@bucket-radio/player/bundle', 'esbuild'] },
);
