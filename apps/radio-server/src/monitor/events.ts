import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { MonitorEvents, MonitorFeed } from './feed.ts';

/** Events a slow page may fall behind before they are dropped for it: the next status carries everything. */
const MAX_WAITING_EVENTS = 100;
/** Pages that may be open at a time. */
const MAX_PAGES = 32;

type First = readonly { [Name in keyof MonitorEvents]: readonly [Name, MonitorEvents[Name]] }[keyof MonitorEvents][];

/** Server-sent events: what is now, then everything that happens. @param first what a page is told at once */
export function createEvents(feed: MonitorFeed, first: () => First): (c: Context) => Response {
  return (c) => {
    if (feed.subscribers >= MAX_PAGES) return c.text(`${MAX_PAGES} pages are open; close one\n`, 503);
    return streamSSE(c, async (stream) => {
      const waiting = first().map(([event, data]) => ({ event, data: JSON.stringify(data) }));
      let wake: () => void = () => undefined;
      const unsubscribe = feed.subscribe((event, data) => {
        if (waiting.length < MAX_WAITING_EVENTS) waiting.push({ event, data: JSON.stringify(data) });
        wake();
      });
      stream.onAbort(() => {
        unsubscribe();
        wake();
      });
      while (!stream.aborted) {
        for (const message of waiting.splice(0)) await stream.writeSSE(message);
        if (waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    });
  };
}
