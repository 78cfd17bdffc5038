import { readdirSync, readFileSync } from 'node:fs';

/** What was looked at, all at one moment; `undefined` is what could not be read. */
export interface SoakSample {
  /** Seconds since the first. */
  readonly seconds: number;
  readonly stationRssMb: number;
  readonly stationFds: number;
  /** Of one core, since the sample before. */
  readonly stationCpuPercent: number;
  readonly browserRssMb: number;
  readonly siteRssMb: number;
  readonly xruns: number;
  readonly gaps: number;
  readonly lostSeconds: number;
  readonly segmentsPublished: number;
  readonly segmentsDropped: number;
  readonly publishFailures: number;
  readonly underruns: number;
  readonly latencySeconds: number | undefined;
  readonly state: string;
  readonly verifiedSegments: number;
  readonly verificationsFailed: number;
}

export type Measure = {
  readonly [Name in keyof SoakSample]: SoakSample[Name] extends number ? Name : never;
}[keyof SoakSample];

const CLOCK_TICKS_PER_SECOND = 100;

/** Resident memory of a process in MB; 0 when it is gone. */
export function rssMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readOr(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** Open files, sockets and pipes. */
export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Processor seconds, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readOr(`/proc/${pid}/stat`);
  const [, , , , , , , , , , , user = 0, system = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(user) + Number(system)) / CLOCK_TICKS_PER_SECOND;
}

/** Resident memory of every process below this one. What processes share is counted in each. */
export function descendantsRssMb(pid: number, without: ReadonlySet<number>): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOr(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const sum = (of: number): number =>
    (children.get(of) ?? [])
      .filter((child) => !without.has(child))
      .reduce((total, child) => total + rssMb(child) + sum(child), 0);
  return sum(pid);
}

/** The value of a series of Prometheus' text format; series with labels are added up. */
export function metric(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.eE+-]+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
