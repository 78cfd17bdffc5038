import { createS3Store } from '@bucket-radio/object-store-s3';
import { createUploader } from '@bucket-radio/uploader';

/** Uploads a file as a process of its own, to be killed: `upload-child.ts SETTINGS-JSON FILE KEY JOURNAL-DIRECTORY`. */
const [settings = '', file = '', key = '', journalDirectory = ''] = process.argv.slice(2);
const store = createS3Store(JSON.parse(settings));
await createUploader(store, { journalDirectory }).upload(file, key).result;
store.close();
