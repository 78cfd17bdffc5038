export { type PublisherClock, systemClock } from './clock.ts';
export { PublisherError, type PublisherErrorCode } from './error.ts';
export type { PublisherEvent } from './events.ts';
export { type PlanRunOptions, planRun, type RunPlan } from './plan-run.ts';
export { createPublisher } from './publisher.ts';
export { type DropReason, type SpoolDisk, type SpoolLimits, systemDisk } from './spool.ts';
export type { Publisher, PublisherCounts, PublisherOptions, PublisherStatus } from './types.ts';
