import { runTool } from './tool.ts';

/** Whether something keeps the computer's clock right. */
export interface NtpState {
  /** `null` when nobody can say. */
  readonly synchronized: boolean | null;
  /** The program that said so. */
  readonly source: string | null;
}

/** Runs a program and resolves with what it printed, or `undefined` when it failed or is not there. */
export type AskTool = (command: string, args: readonly string[]) => Promise<string | undefined>;

const TIMEOUT_MS = 3_000;
const REFRESH_MS = 60_000;
export const UNKNOWN_NTP: NtpState = { synchronized: null, source: null };

/** Asks systemd, else chrony. Never throws. */
export async function readNtpState(ask: AskTool = askTool): Promise<NtpState> {
  const systemd = (await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']))?.trim();
  if (systemd === 'yes' || systemd === 'no') return { synchronized: systemd === 'yes', source: 'timedatectl' };
  const leapStatus = (await ask('chronyc', ['-c', 'tracking']))?.trim().split(',').at(-1);
  if (leapStatus) return { synchronized: leapStatus !== 'Not synchronised', source: 'chronyc' };
  return UNKNOWN_NTP;
}

async function askTool(command: string, args: readonly string[]): Promise<string | undefined> {
  const result = await runTool(command, args, TIMEOUT_MS).catch(() => undefined);
  return result?.code === 0 ? result.output.toString('utf8') : undefined;
}

/** The newest answer, asked for again in the background when somebody looks and it is a minute old. */
export function createNtpWatch(read: () => Promise<NtpState>, monotonicMs: () => number): () => NtpState {
  let state = UNKNOWN_NTP;
  let askedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (monotonicMs() - askedMs >= REFRESH_MS) {
      askedMs = monotonicMs();
      read().then(
        (answer) => {
          state = answer;
        },
        () => undefined,
      );
    }
    return state;
  };
}
