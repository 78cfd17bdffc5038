import { readFileSync, writeFileSync } from 'node:fs';
import { listPromises } from '../src/conformance.ts';

/**
 * Writes CONFORMANCE.md: every promise and the file that holds its case. With `--check` it only compares.
 * `node --conditions=@bucket-radio/source packages/object-store/tools/conformance-table.ts`
 */
const path = new URL('../CONFORMANCE.md', import.meta.url);
const rows = listPromises().map(({ part, file, promise }) => {
  const title = promise.replaceAll('|', '\\|');
  return `| ${title} | ${part} | [${file}](src/conformance/${file}) |`;
});
const table = [
  '# Promises of the contract',
  '',
  'Generated from the suite by `tools/conformance-table.ts`: each line is a test that every store and wrapper runs.',
  '`core` is `ObjectStore`, `full` is `FullObjectStore`. What a store may do differently is in its `capabilities`.',
  '',
  '| promise | part | case |',
  '| --- | --- | --- |',
  ...rows,
  '',
].join('\n');

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== table) {
    process.stderr.write('CONFORMANCE.md is out of date; run tools/conformance-table.ts\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, table);
}
