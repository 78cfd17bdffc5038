import { library } from '@bucket-radio/tooling-build/library';

export default library({
  index: 'src/index.ts',
  conformance: 'src/conformance.ts',
  // Each apart, so that a bundle for browsers or Workers leaves the file store and its `node:` imports out.
  'file/store': 'src/file/store.ts',
  memory: 'src/memory.ts',
});
