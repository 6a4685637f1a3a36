import type { UnitOfWork } from '@smartant/runs';
import type { KeptCommand, Stores } from '../ports/stores';

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 200;

export interface TranscriptPage {
  entries: KeptCommand[];
  nextPageToken: string;
  /** Commands of these runs that were too many to be kept. */
  omitted: number;
}

/** What was run at the hosts of migrations. */
export class Transcripts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly stores: Pick<Stores, 'transcript'>,
  ) {}

  /** Oldest first. `runId` empty: of all runs; `pageSize` 0: 50. A token that is none is taken as the beginning. */
  async list(migrationId: string, runId: string, pageSize: number, pageToken: string): Promise<TranscriptPage> {
    const { transcript } = this.stores;
    const size = Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);
    const after = /^\d{1,18}$/.test(pageToken) ? pageToken : null;
    const found = await transcript.list(this.unitOfWork, migrationId, runId || null, size + 1, after);
    const omitted = await transcript.omitted(this.unitOfWork, migrationId, runId || null);
    const entries = found.slice(0, size);
    return { entries, nextPageToken: found.length > size ? (entries.at(-1)?.id ?? '') : '', omitted };
  }
}
