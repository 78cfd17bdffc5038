import { describeInWorkerd } from './workerd.ts';

await describeInWorkerd('R2Service in workerd', './workers/r2-service.worker.ts');
