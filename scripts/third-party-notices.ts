// node scripts/third-party-notices.ts DIRECTORY: writes DIRECTORY/THIRD-PARTY-NOTICES for what `pnpm deploy` put there.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectPackages, noticesText } from './notices/notices.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: node scripts/third-party-notices.ts DIRECTORY');
  process.exit(2);
}
const packages = collectPackages(directory);
writeFileSync(join(directory, 'THIRD-PARTY-NOTICES'), noticesText(packages));
console.log(`${packages.length} packages, ${new Set(packages.map(({ license }) => license)).size} licences`);
