import { SmartantError, type FieldError } from '@smartant/kernel';

const NOT_FOUND = {
  channel: 'NOTIFY_CHANNEL_NOT_FOUND',
  silence: 'NOTIFY_SILENCE_NOT_FOUND',
  alert: 'NOTIFY_ALERT_NOT_FOUND',
  delivery: 'NOTIFY_DELIVERY_NOT_FOUND',
} as const;

/** The thing is not there, or belongs to another workspace. */
export function notFound(what: keyof typeof NOT_FOUND, id: string): SmartantError {
  return new SmartantError(NOT_FOUND[what], `There is no such ${what}.`, {
    kind: 'not-found',
    hint: 'List those that there are.',
    details: { id },
  });
}

export function channelInvalid(fields: FieldError[]): SmartantError {
  return new SmartantError('NOTIFY_CHANNEL_INVALID', `The channel is wrong in ${fields.map(({ field }) => field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Correct the fields that are named; ListChannelTypes says what each kind of channel takes.',
    fields,
  });
}

export function nameTaken(name: string): SmartantError {
  return new SmartantError('NOTIFY_CHANNEL_NAME_TAKEN', `There is a channel "${name}" already.`, {
    kind: 'conflict',
    hint: 'Take another name, or change the channel that has it.',
    fields: [{ field: 'name', message: 'is taken' }],
  });
}

export function versionStale(what: string, found: number): SmartantError {
  return new SmartantError('NOTIFY_VERSION_STALE', `The ${what} was changed by somebody else: it is at version ${found}.`, {
    kind: 'conflict',
    hint: 'Read it again, and make the change to what is there now.',
    details: { version: String(found) },
  });
}

export function channelInUse(places: string[]): SmartantError {
  return new SmartantError('NOTIFY_CHANNEL_IN_USE', `The channel is named by ${places.join(', ')}.`, {
    kind: 'precondition',
    hint: 'Take it out there first, or disable the channel.',
  });
}

export function silenceInvalid(fields: FieldError[]): SmartantError {
  return new SmartantError('NOTIFY_SILENCE_INVALID', `The silence is wrong in ${fields.map(({ field }) => field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'A silence needs matchers of which one refuses an empty value, an end after its beginning, and a comment.',
    fields,
  });
}

export function templateInvalid(fields: FieldError[]): SmartantError {
  return new SmartantError('NOTIFY_TEMPLATE_INVALID', `The template is wrong in ${fields.map(({ field }) => field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Preview it until it is in order; docs/guides/notifications.md lists what a template may say.',
    fields,
  });
}

export function secretsUnreadable(channelId: string): SmartantError {
  return new SmartantError(
    'NOTIFY_SECRETS_UNREADABLE',
    'The secrets of a channel cannot be opened: they were sealed under another key, or changed.',
    {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Give the notifier the key that it had (SMARTANT_NOTIFIER_KEY), or enter the secrets of the channel again.',
      details: { channelId },
    },
  );
}
