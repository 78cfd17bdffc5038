import type { Deviations } from '@bucket-radio/object-store/conformance';

const noListing = "R2's binding can list neither parts nor uploads, and this case looks at such a list";

/** Promises of the full contract that `R2ObjectStore` does not keep; `r2-multipart.worker.ts` tests the rest of them. */
export const R2_DEVIATIONS: Deviations = {
  'parts put in any order and at the same time become one object with its attributes': noListing,
  'a part put again replaces the first one': noListing,
  'listParts gives number, ETag and size of every part, by number': noListing,
  'listMultiparts gives the uploads under way below a prefix': noListing,
  'an aborted upload leaves nothing, and its abort may be repeated': noListing,
  'an upload that never was fails with NotFound': noListing,
  'a part with another checksum fails with ChecksumMismatch and is not stored': noListing,
  'a body that ends too soon stores no part, and its own error is passed on': noListing,
  'a part is not stored when its signal is aborted': noListing,
};
