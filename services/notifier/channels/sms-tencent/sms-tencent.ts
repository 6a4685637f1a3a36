import { sms } from 'tencentcloud-sdk-nodejs-sms';
import { z } from 'zod';
import type { ChannelError } from '../../application/ports/channel-error';
import type { Channel, Sent } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { reasonIn, refused, type CodeTable } from '../channel-refusals';
import { guardedSdkAgent } from '../http/guarded-sdk-agent';
import { isObject, textOf } from '../http/json-answer';
import { statusRefusal } from '../http/status-refusal';
import { transportRefusal } from '../http/transport-refusal';
import { characters, fitText } from '../rendering/fit-text';
import { oneLine } from '../rendering/message-text';
import { fillPlaceholders, placeholderProblem } from '../rendering/placeholders';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, phoneNumbers, secret } from '../settings/fields';

const LIMITS = { messagesPerMinute: 0, messageBytes: 1_500 };

/** https://cloud.tencent.com/document/product/382/55981 (codes of the interface and of each number alike) */
const CODES: CodeTable = {
  'AuthFailure.': 'credentials',
  AuthFailure: 'credentials',
  'UnauthorizedOperation.': 'policy',
  UnauthorizedOperation: 'credentials',
  RequestLimitExceeded: 'throttled',
  'RequestLimitExceeded.': 'throttled',
  'LimitExceeded.': 'quota',
  LimitExceeded: 'quota',
  'InternalError.': 'failed',
  InternalError: 'failed',
  ServiceUnavailable: 'failed',
  'FailedOperation.InsufficientBalanceInSmsPackage': 'balance',
  'FailedOperation.ContainSensitiveWord': 'message',
  'FailedOperation.PhoneNumberInBlacklist': 'recipient',
  'FailedOperation.FailResolvePacket': 'failed',
  // Signatures and templates that are missing or not approved.
  'FailedOperation.': 'policy',
  'InvalidParameterValue.IncorrectPhoneNumber': 'recipient',
  'InvalidParameterValue.ContentLengthLimit': 'message',
  'InvalidParameterValue.TemplateParameterFormatError': 'message',
  'InvalidParameterValue.TemplateParameterLengthLimit': 'message',
  'InvalidParameterValue.ProhibitedUseUrlInTemplateParameter': 'message',
  'InvalidParameterValue.': 'policy',
  'UnsupportedOperation.': 'recipient',
};

export function smsTencent(dependencies: ChannelDependencies) {
  const { guard, nowMs, partial } = dependencies;
  const settingsSchema = z.strictObject({
    numbers: phoneNumbers('Numbers that get the messages.'),
    sdkAppId: z
      .string()
      .regex(/^\d{5,20}$/, 'A number is expected.')
      .describe('The SMS app’s id (SdkAppId).'),
    signName: z.string().max(50).default('').describe('The approved signature’s text; may be empty outside of China’s mainland.'),
    templateId: z
      .string()
      .regex(/^\d{1,20}$/, 'A number is expected.')
      .describe('The approved template’s id.'),
    templateParams: z
      .array(z.string().max(100).superRefine(placeholderProblem))
      .max(20)
      .default(['{title}'])
      .describe('The template’s variables in their order, for example {title}. Known: {title} {text} {status} {severity} {count} {time}.'),
    paramCharacters: z.int().min(5).max(500).default(35).describe('The longest value that a variable may have, characters.'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'A region is expected.')
      .default('ap-guangzhou')
      .describe('The region, for example ap-guangzhou.'),
    baseUrl: baseAddress(
      guard,
      'https://sms.tencentcloudapi.com',
      'Address of the interface; its name begins with “sms.”, which is signed.',
    ),
    caPem: authorities(),
  });
  return channelType(dependencies, {
    type: 'sms-tencent',
    limits: LIMITS,
    settings: settingsSchema,
    secrets: z.strictObject({ secretId: secret('The API key’s SecretId.', 100), secretKey: secret('The API key’s SecretKey.', 200) }),
    // The SDK takes the name of the service, which is signed, from the address.
    check: ({ baseUrl }) =>
      new URL(baseUrl).hostname.startsWith('sms.')
        ? []
        : [{ field: 'settings.baseUrl', message: 'A name that begins with “sms.” is expected.' }],
    open: (settings, keys): Channel => ({
      send: async (message, signal) => {
        const key = `sms-tencent ${message.id}`;
        const taken = partial.of(key);
        const numbers = settings.numbers.filter((number) => !taken.has(number));
        const { errors, ids } = outcomes(await sendSms(numbers, message, settings, keys, signal), numbers);
        for (const [number, id] of ids) taken.set(number, id);
        return partial.outcome(key, settings.numbers, taken, errors) satisfies Sent;
      },
    }),
  });

  async function sendSms(
    numbers: string[],
    message: Message,
    settings: z.output<typeof settingsSchema>,
    credential: { secretId: string; secretKey: string },
    signal: AbortSignal,
  ): Promise<unknown> {
    const { protocol, host } = new URL(settings.baseUrl);
    let failure: Error | undefined;
    const onFailure = (error: Error) => void (failure ??= error);
    const agent = guardedSdkAgent({ guard, caPem: settings.caPem, baseUrl: settings.baseUrl, onFailure });
    const httpProfile = {
      endpoint: host,
      protocol: `${protocol}//` as 'https://',
      agent: agent as never,
      reqTimeout: dependencies.timeoutMs / 1_000,
    };
    const client = new sms.v20210111.Client({ credential, region: settings.region, profile: { httpProfile } });
    const params = settings.templateParams.map((template) =>
      fitText(oneLine(fillPlaceholders(template, message)), { limit: settings.paramCharacters, size: characters }),
    );
    const { sdkAppId, signName, templateId } = settings;
    const request = {
      PhoneNumberSet: numbers,
      SmsSdkAppId: sdkAppId,
      SignName: signName,
      TemplateId: templateId,
      TemplateParamSet: params,
    };
    try {
      // SendSms of the SDK does the same, and takes no signal.
      return await client.request('SendSms', request, { signal });
    } catch (error) {
      throw failure === undefined ? sdkRefusal(error, nowMs()) : connectionRefusal(failure);
    } finally {
      agent.destroy();
    }
  }
}

function connectionRefusal(failure: Error): ChannelError {
  const { code } = failure as { code?: string };
  if (code === 'REDIRECTED') return refused('moved');
  return code === 'ANSWER_TOO_LONG' ? refused('answer', { detail: 'the answer is too long' }) : transportRefusal(failure);
}

/** The SDK's exception: a code of the interface, or a status, or the text alone of what its HTTP client raised. */
function sdkRefusal(error: unknown, nowMs: number): ChannelError {
  const { code, httpCode, type } = error as { code?: unknown; httpCode?: unknown; type?: unknown };
  if (typeof code === 'string' && code !== '') return refused(reasonIn(CODES, code), { providerCode: code });
  if (typeof httpCode === 'number') return statusRefusal({ status: httpCode, headers: {} }, nowMs);
  // An answer that is no JSON, and one that is not of its form.
  return type === 'invalid-json' || error instanceof SyntaxError || error instanceof TypeError ? refused('answer') : refused('unreachable');
}

/** One status a number. Those of which nothing is said were not taken. */
function outcomes(answer: unknown, numbers: string[]): { errors: ChannelError[]; ids: Map<string, string> } {
  const set = isObject(answer) && Array.isArray(answer['SendStatusSet']) ? answer['SendStatusSet'].filter(isObject) : [];
  const statuses = new Map(set.map((status) => [digits(textOf(status['PhoneNumber'])), status]));
  const errors: ChannelError[] = [];
  const ids = new Map<string, string>();
  for (const number of numbers) {
    // Numbers without a country are told with China's.
    const status = statuses.get(digits(number)) ?? statuses.get(`86${digits(number)}`);
    const code = textOf(status?.['Code']);
    if (code === 'Ok') ids.set(number, textOf(status?.['SerialNo']).slice(0, 100));
    else errors.push(code === '' ? refused('answer') : refused(reasonIn(CODES, code), { providerCode: code }));
  }
  return { errors, ids };
}

function digits(text: string): string {
  return text.replace(/\D/g, '');
}
