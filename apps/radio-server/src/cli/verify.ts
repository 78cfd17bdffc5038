import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { heading, segmentLine, summary } from '../verify/print.ts';
import { verifyRecordings } from '../verify/recordings.ts';
import { VerifyError, type VerifyReport } from '../verify/report.ts';
import { openBucket } from '../verify/source.ts';
import { verifyBucket } from '../verify/verify.ts';

interface VerifyFlags {
  readonly json?: true;
  readonly recordings?: string;
  readonly window?: number;
}

/** Exit codes: 0 all as it should be, 1 a difference, 2 nothing that could be verified. */
const EXIT_DIFFERENT = 1;
const EXIT_UNREADABLE = 2;

/** Adds `radio verify`. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'prove what is in a bucket: decodes every segment of the window and compares it with what was captured',
    )
    .argument('<bucket>', 'URL of the bucket, its prefix or its manifest, or the directory of an embedded bucket')
    .option('--json', 'print one JSON document instead of a table')
    .option('--recordings <directory>', 'decode the recordings below this directory too')
    .option('--window <segments>', 'segments the window should have', wholeNumber)
    .exitOverride(({ exitCode, code, message }) => {
      // Commander's 1 means "a difference" here.
      throw new CommanderError(exitCode === 0 ? 0 : EXIT_UNREADABLE, code, message);
    })
    .addHelpText('after', '\nExit code: 0 no difference, 1 a difference, 2 nothing that could be verified.')
    .action(async (bucket: string, flags: VerifyFlags) => {
      try {
        const report = await verify(bucket, flags);
        process.stdout.write(`${flags.json ? JSON.stringify(report) : summary(report)}\n`);
        if (!report.clean) process.exitCode = EXIT_DIFFERENT;
      } catch (error) {
        if (!(error instanceof VerifyError)) throw error;
        process.stderr.write(`radio: ${error.message}\n`);
        process.exitCode = EXIT_UNREADABLE;
      }
    });
}

async function verify(bucket: string, { json, recordings, window }: VerifyFlags): Promise<VerifyReport> {
  const source = await openBucket(bucket);
  const print = (line: string): void => {
    if (!json) process.stdout.write(`${line}\n`);
  };
  const report = await verifyBucket(source, {
    onStart: (snapshot) => print(heading(source.location, snapshot)),
    onSegment: (segment) => print(segmentLine(segment)),
    ...(window === undefined ? {} : { windowSegments: window }),
  });
  if (recordings === undefined) return report;
  const archive = await verifyRecordings(recordings);
  const differences = [...report.differences, ...archive.differences];
  return { ...report, recordings: archive.recordings, differences, clean: differences.length === 0 };
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Use a whole number from 1.');
}
