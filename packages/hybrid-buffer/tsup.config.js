import { library } from '@bucket-radio/tooling-build/library';

export default library({ index: 'src/index.ts', conformance: 'src/conformance.ts' });
