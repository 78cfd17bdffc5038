import { library } from '@bucket-radio/tooling-build/library';

/**
 * The worklet is a build of its own: one file without imports, so that a bundler that copies
 * `new URL('./worklet.js', import.meta.url)` as an asset copies all of it.
 */
export default library({ worklet: 'src/worklet.ts' }, { clean: false, splitting: false });
