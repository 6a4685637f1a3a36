import type { Message } from '../../domain/message';

export const UNICODE = '迁移失败：桶「照片」 🚀 𠮷野家 👨‍👩‍👧 é';
export const LINK = 'https://console.example/alerts/42?a=1&b=2';

/** What alerts may bring that would call people, or be drawn, if it were taken for more than text. */
export const HOSTILE = [
  '<!channel> <!here> <@U12345> <!subteam^S1>',
  '@all @everyone @channel @here @13800138000',
  '<at user_id="all">all</at> <at id=all></at> <at>x</at>',
  '**bold** _em_ `code` ~~gone~~ [click](https://evil.example) ![x](https://evil.example/x.png)',
  '<b>html</b><script>alert(1)</script><img src=x onerror=alert(1)> &lt;',
  '# heading',
  '> quote',
  '- item',
  '1. item',
  '<font color="red">x</font> {title} {secret} {{ title }}',
  '\u202ereversed\u202c \u0007\u0000 "quoted" back\\slash',
].join('\n');

export function sampleMessage(own: Partial<Message> = {}): Message {
  const startsAt = new Date('2026-11-02T03:04:05.678Z');
  const alert = {
    id: 'alert-1',
    name: 'migration-failed',
    status: 'firing',
    severity: 'critical',
    annotations: {},
    startsAt,
    endsAt: null,
  } as const;
  return {
    id: '01940d0e-7a8b-7c31-9d3e-000000000001',
    title: '[FIRING] migration-failed',
    text: 'The migration “photos” failed.\nSTORAGE_UNREACHABLE',
    language: 'en',
    status: 'firing',
    severity: 'critical',
    url: LINK,
    alerts: [{ ...alert, labels: { migration: 'photos' } }],
    alertCount: 1,
    groupKey: 'route-1/{migration="photos"}',
    ...own,
  };
}
