import { describeInWorkerd } from './workerd.ts';

await describeInWorkerd('KVClient in workerd', './workers/kv.worker.ts');
