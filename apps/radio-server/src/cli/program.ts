import { type DeviceList, listDevices } from '@bucket-radio/capture';
import { Command } from 'commander';
import { printConfig, readConfigFile, resolveConfig } from '../config/load.ts';
import { describeSetting, SETTING_NAMES, type SettingName, type StationConfig } from '../config/settings.ts';
import { addArchiveCommands } from './archive.ts';
import { addCostCommand } from './cost.ts';
import { addDoctorCommand } from './doctor.ts';
import { addNowPlayingCommand } from './now-playing.ts';
import { start } from './start.ts';
import { addStorageCommands } from './storage.ts';
import { addVerifyCommand } from './verify.ts';

/** The `radio` command. */
export function createProgram(): Command {
  const program = new Command('radio')
    .description('A live, lossless radio station that serves itself from a bucket.')
    .exitOverride();
  withSettings(program.command('start').description('start the station; Ctrl-C stops it')).action(async (flags) => {
    await start(configFrom(flags));
  });
  withSettings(program.command('config').description('show the configuration, secrets redacted'))
    .option('--print', 'print it (the default)')
    .action((flags) => {
      process.stdout.write(`${printConfig(configFrom(flags))}\n`);
    });
  program
    .command('devices')
    .description('list the sound cards and PCM names that can be captured')
    .action(async () => {
      process.stdout.write(formatDevices(await listDevices()));
    });
  addArchiveCommands(program);
  addVerifyCommand(program);
  addNowPlayingCommand(program, () => configFrom({}));
  addDoctorCommand(program, () => configFrom({}));
  addCostCommand(program);
  addStorageCommands(program);
  return program;
}

/** Flags that mean "on" without a value. */
const OPTIONAL_VALUES: Readonly<Partial<Record<SettingName, string>>> = {
  archive: '[always|live|off]',
  fast: '[on|off]',
  standby: '[on|off]',
};

/** Adds a flag for every setting that has one. */
function withSettings(command: Command): Command {
  for (const name of SETTING_NAMES) {
    const { flag, help, env } = describeSetting(name);
    if (flag === undefined) continue;
    command.option(`--${flag} ${OPTIONAL_VALUES[name] ?? '<value>'}`, `${help} [${env}]`);
  }
  return command;
}

/** Commander names options in camel case of the flag; settings have names of their own. */
function flagValues(options: Readonly<Record<string, unknown>>): Partial<Record<SettingName, unknown>> {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const flag = describeSetting(name).flag;
    if (flag === undefined) continue;
    values[name] = options[flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  }
  return values;
}

function configFrom(options: Readonly<Record<string, unknown>>): StationConfig {
  const file = readConfigFile();
  return resolveConfig({ flags: flagValues(options), env: process.env, ...(file === undefined ? {} : { file }) });
}

function formatDevices({ cards, pcms, reason }: DeviceList): string {
  const lines = [
    ...cards.map(({ index, name, source }) => `card ${index}: ${name}: ${source ?? 'plays only'}`),
    ...pcms.map(({ name, description }) => `alsa:${name}${description === '' ? '' : `: ${description}`}`),
  ];
  if (reason !== undefined) lines.push(`not listed: ${reason}`);
  return `${lines.join('\n')}\n`;
}
