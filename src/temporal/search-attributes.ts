import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Run date of a night; lists and filters in the Temporal UI. */
export const archiveNightKey = defineSearchAttributeKey('ArchiveNight', SearchAttributeType.KEYWORD);

/** Source set of a night. */
export const archiveSetKey = defineSearchAttributeKey('ArchiveSet', SearchAttributeType.KEYWORD);

/** Set by the server on every run that a schedule starts: the time it was due, not the time it began. */
export const scheduledStartKey = defineSearchAttributeKey(
  'TemporalScheduledStartTime',
  SearchAttributeType.DATETIME,
);
