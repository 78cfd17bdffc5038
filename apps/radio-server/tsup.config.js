import { library } from '@bucket-radio/tooling-build/library';

export default library({ main: 'src/main.ts' }, { platform: 'node', target: 'node24' });
