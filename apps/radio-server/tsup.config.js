import { library } from '@bucket-radio/tooling-build/library';

export default library(
  { main: 'src/main.ts', 'pcm-md5-thread': 'src/recordings/pcm-md5-thread.ts' },
  { platform: 'node', target: 'node24' },
);
