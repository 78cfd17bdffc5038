import { describeInWorkerd } from './workerd.ts';

await describeInWorkerd('R2ObjectStore in workerd', './workers/r2-object-store.worker.ts');
await describeInWorkerd('R2ObjectStore beyond the suite, in workerd', './workers/r2-multipart.worker.ts');
