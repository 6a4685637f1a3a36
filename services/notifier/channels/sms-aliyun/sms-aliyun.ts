import { SendSmsRequest } from '@alicloud/dysmsapi20170525';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { reasonIn, refused, type CodeTable } from '../channel-refusals';
import { ChannelHttp, type HttpAnswer } from '../http/channel-http';
import { isObject, textOf } from '../http/json-answer';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { characters, fitText } from '../rendering/fit-text';
import { oneLine } from '../rendering/message-text';
import { fillPlaceholders, placeholderProblem } from '../rendering/placeholders';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, phoneNumbers, secret } from '../settings/fields';
import { SmsClient } from './sms-client';

const LIMITS = { messagesPerMinute: 0, messageBytes: 1_500 };

/** https://help.aliyun.com/zh/sms/developer-reference/api-error-codes */
const CODES: CodeTable = {
  'isv.BUSINESS_LIMIT_CONTROL': 'quota',
  'isv.DAY_LIMIT_CONTROL': 'quota',
  'isv.MONTH_LIMIT_CONTROL': 'quota',
  'isv.AMOUNT_NOT_ENOUGH': 'balance',
  'isv.OUT_OF_SERVICE': 'balance',
  'isv.MOBILE_NUMBER_ILLEGAL': 'recipient',
  'isv.MOBILE_COUNT_OVER_LIMIT': 'recipient',
  'isv.PHONENUMBER_BLACKLIST': 'recipient',
  'isv.BLACK_KEY_CONTROL_LIMIT': 'message',
  'isv.PARAM_LENGTH_LIMIT': 'message',
  'isv.PARAM_NOT_SUPPORT_URL': 'message',
  'isv.TEMPLATE_PARAMS_ILLEGAL': 'message',
  'isv.INVALID_JSON_PARAM': 'message',
  'isv.ACCOUNT_NOT_EXISTS': 'credentials',
  'isv.ACCOUNT_ABNORMAL': 'credentials',
  // Signatures, templates, the product itself, allowed addresses.
  'isv.': 'policy',
  'isp.RAM_PERMISSION_DENY': 'credentials',
  'isp.': 'failed',
  'InvalidAccessKeyId.': 'credentials',
  InvalidAccessKeyId: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  IncompleteSignature: 'credentials',
  'Forbidden.': 'credentials',
  Forbidden: 'credentials',
  'InvalidSecurityToken.': 'credentials',
  // The clock of this machine.
  'InvalidTimeStamp.': 'policy',
  SignatureNonceUsed: 'failed',
  'Throttling.': 'throttled',
  Throttling: 'throttled',
  ServiceUnavailable: 'failed',
  ServiceUnavailableTemporary: 'failed',
  InternalError: 'failed',
};

export function smsAliyun(dependencies: ChannelDependencies) {
  const { guard, nowMs, partial } = dependencies;
  const settingsSchema = z.strictObject({
    numbers: phoneNumbers('Numbers that get the messages.'),
    signName: z.string().min(1).max(50).describe('The approved signature’s name (SignName), without the brackets around it.'),
    templateCode: z
      .string()
      .regex(/^SMS_\d+$/, 'A template’s code looks like SMS_123456789.')
      .describe('The approved template’s code.'),
    templateParams: z
      .record(z.string().regex(/^\w{1,40}$/), z.string().max(100).superRefine(placeholderProblem))
      .default({ title: '{title}' })
      .describe(
        'The template’s variables, for example name = {title}. Known: {title} {text} {status} {severity} {count} {time}. Addresses are refused by the provider.',
      ),
    paramCharacters: z.int().min(5).max(500).default(35).describe('The longest value that a variable may have, characters.'),
    baseUrl: baseAddress(guard, 'https://dysmsapi.aliyuncs.com', 'Address of the interface; another one for another region.'),
    caPem: authorities(),
  });
  return channelType(dependencies, {
    type: 'sms-aliyun',
    limits: LIMITS,
    settings: settingsSchema,
    secrets: z.strictObject({ accessKeyId: secret('The AccessKey’s id.', 100), accessKeySecret: secret('The AccessKey’s secret.', 200) }),
    open: (settings, keys): Channel => {
      const http = new ChannelHttp(guard, settings.caPem);
      return {
        send: (message, signal) =>
          partial.toEach(`sms-aliyun ${message.id}`, settings.numbers, async (phoneNumbers) => {
            const client = new SmsClient({ ...keys, baseUrl: settings.baseUrl, carry: (request) => http.send(request, signal) });
            const { signName, templateCode } = settings;
            const templateParam = JSON.stringify(paramsOf(message, settings));
            await client.sendSms(
              new SendSmsRequest({ phoneNumbers, signName, templateCode, templateParam, outId: message.id.slice(0, 256) }),
            );
            return bizId(client.answer, nowMs());
          }),
        close: () => http.close(),
      };
    },
  });

  function paramsOf(message: Message, { templateParams, paramCharacters }: z.output<typeof settingsSchema>): Record<string, string> {
    const entries = Object.entries(templateParams).map(([name, template]) => {
      return [name, fitText(oneLine(fillPlaceholders(template, message)), { limit: paramCharacters, size: characters })] as const;
    });
    return Object.fromEntries(entries);
  }
}

/** `Code` says what came of it, with status 200 or another. */
function bizId(answer: HttpAnswer | undefined, nowMs: number): string {
  if (answer === undefined) throw refused('answer');
  const body = isObject(answer.json) ? answer.json : {};
  const code = textOf(body['Code']);
  if (code === 'OK') return textOf(body['BizId']).slice(0, 100);
  if (code !== '') throw refused(reasonIn(CODES, code), { providerCode: code });
  throw succeeded(answer) ? refused('answer') : statusRefusal(answer, nowMs);
}
