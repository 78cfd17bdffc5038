import type { Command } from 'commander';
import type { StationConfig } from '../config/settings.ts';
import { monitorUrl } from '../links.ts';
import type { Title } from '../monitor/feed.ts';

type MonitorAddress = Pick<StationConfig, 'monitorHost' | 'monitorPort' | 'monitorToken'>;

/** The station could not be told what is playing; the message is for a person. */
export class NowPlayingError extends Error {
  override readonly name = 'NowPlayingError';
}

/**
 * Tells the station on this machine what is playing, or what begins in its recording.
 * @throws NowPlayingError when no station runs here or it refuses
 */
export async function sayNowPlaying(
  monitor: MonitorAddress,
  title: Title,
  path: 'now-playing' | 'cue' = 'now-playing',
): Promise<void> {
  const { monitorToken } = monitor;
  const url = monitorUrl(monitor);
  let response: Response;
  try {
    response = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(monitorToken === undefined ? {} : { Authorization: `Bearer ${monitorToken}` }),
      },
      body: JSON.stringify(title),
    });
  } catch (cause) {
    const message = `no station answers on ${url.replace('http://', '')}: is it running, and is RADIO_MONITOR_PORT right?`;
    throw new NowPlayingError(message, { cause });
  }
  if (!response.ok) throw new NowPlayingError((await response.text()).trim());
}

/** `radio now-playing TITLE`. @param monitor where the station of this configuration listens */
export function addNowPlayingCommand(program: Command, monitor: () => MonitorAddress): void {
  program
    .command('now-playing')
    .description('tell listeners what is playing, from this moment on')
    .argument('<title>')
    .option('--artist <name>', 'who plays it')
    .option('--album <name>', 'what it is from')
    .action(async (title: string, { artist, album }: { artist?: string; album?: string }) => {
      const more = { ...(artist === undefined ? {} : { artist }), ...(album === undefined ? {} : { album }) };
      await sayNowPlaying(monitor(), { title, ...more });
    });
}
