import type { MonitorStatus } from '../desk/monitor-status.ts';

/** What keeps listeners from hearing this station; empty when nothing does. For `/readyz`. */
export function unready(status: MonitorStatus | null): string[] {
  if (status === null) return ['the station is starting'];
  const reasons: string[] = [];
  if (status.onAir !== 'on') reasons.push(`the station is ${status.onAir === 'off' ? 'off the air' : status.onAir}`);
  if (status.window === null) reasons.push('no segment is in the bucket yet');
  for (const { kind, severity, message } of status.alerts.active) {
    if (severity === 'critical') reasons.push(`${kind}: ${message}`);
  }
  return reasons;
}
