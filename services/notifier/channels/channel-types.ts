import type { EgressGuard } from '@smartant/platform/egress';
import type { ChannelTypes } from '../application/ports/channel';
import { dingtalkRobot } from './dingtalk-robot/dingtalk-robot';
import { email } from './email/email';
import { feishuRobot } from './feishu-robot/feishu-robot';
import { pagerduty } from './pagerduty/pagerduty';
import type { ChannelDependencies } from './settings/channel-definition';
import { PartialDeliveries } from './settings/partial-deliveries';
import { TokenCache } from './settings/token-cache';
import { slack } from './slack/slack';
import { smsAliyun } from './sms-aliyun/sms-aliyun';
import { smsHttp } from './sms-http/sms-http';
import { smsTencent } from './sms-tencent/sms-tencent';
import { teams } from './teams/teams';
import { telegram } from './telegram/telegram';
import { webhook } from './webhook/webhook';
import { wechatOfficial } from './wechat-official/wechat-official';
import { wecomApp } from './wecom-app/wecom-app';
import { wecomRobot } from './wecom-robot/wecom-robot';

export interface ChannelTypesOptions {
  /** Judges every connection of every channel. */
  guard: EgressGuard;
  /** Of one attempt as a whole; default: 30 s. */
  timeoutMs?: number;
  /** Default: the system's clock. */
  nowMs?: () => number;
}

const TIMEOUT_MS = 30_000;

/** All kinds of channels, in the order of their names. This file alone names them. */
export function createChannelTypes({ guard, timeoutMs = TIMEOUT_MS, nowMs = Date.now }: ChannelTypesOptions): ChannelTypes {
  const dependencies: ChannelDependencies = { guard, timeoutMs, nowMs, tokens: new TokenCache(nowMs), partial: new PartialDeliveries() };
  const all = [
    dingtalkRobot,
    email,
    feishuRobot,
    pagerduty,
    slack,
    smsAliyun,
    smsHttp,
    smsTencent,
    teams,
    telegram,
    webhook,
    wechatOfficial,
    wecomApp,
    wecomRobot,
  ];
  return new Map(all.map((make) => make(dependencies)).map((type) => [type.type, type]));
}
