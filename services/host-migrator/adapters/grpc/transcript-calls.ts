import type { TranscriptCalls } from '@smartant/runs/adapters';
import type { Transcripts } from '../../application/runs/transcripts';

/** Transcripts as MigratorService tells them. */
export function transcriptCalls(transcripts: Transcripts): TranscriptCalls {
  return {
    list: async (migrationId, runId, pageSize, pageToken) => {
      const { entries, nextPageToken, omitted } = await transcripts.list(migrationId, runId, pageSize, pageToken);
      return { entries: entries.map((entry) => ({ ...entry, exitCode: entry.exitCode ?? undefined })), nextPageToken, omitted };
    },
  };
}
