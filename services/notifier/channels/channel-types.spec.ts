import { context, trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { node, tracing } from '@opentelemetry/sdk-node';
import { createEgressGuard } from '@smartant/platform/egress';
import { request } from 'undici';
import { createChannelTypes } from './channel-types';
import { sampleMessage } from './testkit/sample-message';

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });

it('knows every kind by its name', () => {
  const types = createChannelTypes({ guard });
  expect([...types.keys()]).toEqual([
    'dingtalk-robot',
    'email',
    'feishu-robot',
    'pagerduty',
    'slack',
    'sms-aliyun',
    'sms-http',
    'sms-tencent',
    'teams',
    'telegram',
    'webhook',
    'wechat-official',
    'wecom-app',
    'wecom-robot',
  ]);
  for (const [name, { type, limits }] of types)
    expect([type, limits.messageBytes > 0, limits.messagesPerMinute >= 0]).toEqual([name, true, true]);
});

it('puts nothing of a request into a trace: its address is a secret', async () => {
  const exporter = new tracing.InMemorySpanExporter();
  const provider = new node.NodeTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] });
  provider.register();
  const instrumentation = new UndiciInstrumentation();
  instrumentation.setTracerProvider(provider);
  const tracer = provider.getTracer('test');
  const under = async (work: () => Promise<unknown>) => {
    const span = tracer.startSpan('deliver');
    await context.with(trace.setSpan(context.active(), span), () => work().catch(() => undefined));
    span.end();
    const spans = exporter.getFinishedSpans().map(({ name, attributes }) => `${name} ${String(attributes['url.full'])}`);
    exporter.reset();
    return spans;
  };
  try {
    const address = 'http://127.0.0.1:1/bot1:canary';
    const channel = createChannelTypes({ guard })
      .get('telegram')!
      .open({ chatId: '1', baseUrl: 'http://127.0.0.1:1' }, { botToken: '1:canary' });
    expect(await under(() => request(address))).toContain(`GET ${address}`);
    expect(await under(() => channel.send(sampleMessage(), new AbortController().signal))).toEqual(['deliver undefined']);
    await channel.close?.();
  } finally {
    instrumentation.disable();
    await provider.shutdown();
    context.disable();
    trace.disable();
  }
});
