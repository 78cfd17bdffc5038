import { library } from '@bucket-radio/tooling-build/library';

/** `react` imports the element by the package's own name: one copy, and bundlers see that it is imported for its effect. */
export default library(
  {
    index: 'src/index.ts',
    'engine/index': 'src/engine/index.ts',
    react: 'src/react.ts',
    'jsx/preact': 'src/jsx/preact.ts',
    'jsx/solid': 'src/jsx/solid.ts',
  },
  { external: [/^node:/, '@bucket-radio/player'] },
);
