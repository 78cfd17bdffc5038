// pnpm costs: writes docs/costs.md from the prices that `radio cost` uses.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { costsPage } from './docs/costs.ts';
import { ROOT } from './packages/publishable.ts';

writeFileSync(join(ROOT, 'docs', 'costs.md'), costsPage());
