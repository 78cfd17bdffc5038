import { s3Bucket } from '../s3-server.ts';
import { signingCases } from '../signing-cases.ts';
import { type Bindings, serveCases } from '../worker-suite.ts';

interface SigningBindings extends Bindings {
  readonly S3: Readonly<Record<string, string>>;
}

export const handler: ReturnType<typeof serveCases> = serveCases(
  signingCases.map(({ title, run }) => ({
    title,
    run: (env) => {
      const { S3 } = env as SigningBindings;
      return run(s3Bucket(S3['S3_BUCKET'] ?? '', S3));
    },
  })),
);
