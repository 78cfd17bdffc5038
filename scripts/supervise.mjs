// Runs the station and the listener site, and ends both together.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOT } from './toolchain.mjs';

const APPS = {
  station: ['apps/radio-server/src/main.ts', 'start'],
  site: ['apps/radio-client/src/main.ts'],
};
const PARENT_CHECK_MS = 500;
/** The station gives itself 25 s for a slow bucket; the site has nothing to finish. */
const KILL_AFTER_MS = { station: 28_000, site: 3_000 };

/**
 * Resolves with the station's exit code when both have ended. Stops them on SIGINT, SIGTERM and SIGHUP, when either
 * ends, and when the npm that started this is gone: npm does not pass signals on.
 */
export function superviseStation(env, stationArguments) {
  const children = new Map();
  let stopping = false;

  const stop = () => {
    if (stopping) return;
    stopping = true;
    for (const [name, child] of children) {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS[name]).unref();
    }
  };

  const ended = (name, settings = {}) =>
    new Promise((resolve) => {
      const [script, ...args] = APPS[name];
      const extra = name === 'station' ? stationArguments : [];
      // In a process group of its own: Ctrl-C reaches this process only, and each child is told once.
      const child = spawn('node', ['--conditions=@bucket-radio/source', script, ...args, ...extra], {
        cwd: ROOT,
        env: { ...env, ...settings },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        detached: true,
      });
      children.set(name, child);
      child.on('message', (message) => {
        // The station has read flags and configuration file; the site reads the environment only.
        if (message.type === 'site') startSite(message.env);
      });
      child.once('error', (error) => {
        console.error(`${name}: ${error.message}`);
        stop();
        resolve(1);
      });
      child.once('exit', (code, signal) => {
        children.delete(name);
        const wasTold = stopping && signal === 'SIGTERM'; // it had not yet begun to listen for signals
        stop();
        resolve(code ?? (wasTold ? 0 : signal === 'SIGKILL' ? 137 : 1));
      });
    });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  const ancestors = ancestry();
  const watch = setInterval(() => {
    if (ancestry().join() !== ancestors.join()) stop();
  }, PARENT_CHECK_MS);
  let site = Promise.resolve(0);
  const startSite = (settings) => {
    if (!stopping) site = ended('site', settings);
  };
  return ended('station').then(async (station) => {
    const siteCode = await site;
    clearInterval(watch);
    return station === 0 ? siteCode : station;
  });
}

/**
 * The processes between npm and this one: npm itself, and the shell it may have put in between. Nothing when npm did
 * not start this: a station started by hand outlives its terminal if the person wants that.
 */
function ancestry() {
  if (process.env.npm_lifecycle_event === undefined) return [];
  const parent = process.ppid;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const grandparent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return /^(ba|da|a|k|z)?sh$/.test(name) ? [parent, grandparent] : [parent];
  } catch {
    return [parent];
  }
}
