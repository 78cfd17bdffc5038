// pnpm sizes: packs every publishable package and writes docs/package-sizes.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackage } from './packages/pack.ts';
import { publishablePackages, ROOT } from './packages/publishable.ts';
import { BUDGETS_KB, measurePackage } from './packages/sizes.ts';

const directory = mkdtempSync(join(tmpdir(), 'sizes-'));
try {
  const rows: string[] = [];
  for (const one of publishablePackages()) {
    const packed = await packPackage(one, directory);
    const { tarballKb, codeKb } = await measurePackage(packed);
    const budget = BUDGETS_KB[one.manifest.name];
    const dependencies = Object.keys(packed.manifest.dependencies ?? {}).map((name) => `\`${name}\``);
    rows.push(
      `| \`${one.manifest.name}\` | ${tarballKb} | ${budget?.tarballKb ?? '–'} | ${codeKb} | ${budget?.codeKb ?? '–'} | ${dependencies.join(', ') || 'none'} |`,
    );
  }
  const text = `# What the packages weigh

Written by \`pnpm sizes\` from packed builds; CI packs them again and holds each below its budget. KB are 1024 bytes.

| package | tarball, KB | budget | own code, minified and gzipped, KB | budget | dependencies |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The tarball holds code, types, source maps and the TypeScript sources that those point to. What a page loads of the
player, with everything it needs, is in [its README](../packages/player/README.md).
`;
  writeFileSync(join(ROOT, 'docs', 'package-sizes.md'), text);
  process.stdout.write(text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
