import { library } from '@bucket-radio/tooling-build/library';

/** One self-contained file: what `wrangler deploy` uploads. */
export default library(
  { worker: 'src/worker.ts' },
  {
    platform: 'browser',
    target: 'es2024',
    // Parts of a package that are not used may import node: modules; they fall away.
    noExternal: [/^(?!node:)/],
    splitting: false,
    esbuildOptions: (options) => {
      options.conditions = ['@bucket-radio/source', 'workerd', 'worker'];
    },
  },
);
