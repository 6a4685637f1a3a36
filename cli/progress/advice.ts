import type { Migration } from '../api/api';
import type { Messages } from '../messages/messages';
import { nextSteps } from '../output/migration-view';

/** Says what a migration waits for each time that this begins. What comes back with each round or attempt is said once. */
export class Advice {
  private last = '';
  private lasting = false;

  constructor(
    private readonly messages: Messages,
    private readonly say: (line: string) => void,
  ) {}

  update(migration: Migration): void {
    const { phase, status, waitingFor, stuck } = migration;
    const text = nextSteps(migration, this.messages).join(' ');
    if (text === '') {
      if (!this.lasting) this.last = '';
      return;
    }
    const streams = phase === 'incremental' && status === 'running';
    this.lasting = !stuck && (streams || waitingFor?.reason === 'cutover' || waitingFor?.reason === 'next-attempt');
    const topic = this.lasting ? `${phase} ${waitingFor?.reason} ${waitingFor?.error?.code ?? ''}` : stuck ? `stuck ${stuck.since}` : text;
    if (topic !== this.last) this.say(text);
    this.last = topic;
  }
}
