import type { Command } from 'commander';
import type { PlatformService } from '../api/platform-api';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';

/** admin services. */
export function addServicesCommand(admin: Command, runner: Runner): void {
  admin.command('services').description(runner.context.messages.operations.help.services).action(runner.action(services));
}

async function services({ api, printer, messages }: Invocation): Promise<void> {
  const found = await api.platform.services();
  const { columns, noServices } = messages.operations;
  // For programs as the API answers, for people a line a process.
  if (printer.structured) return printer.list(found, [], noServices);
  printer.list(
    found.flatMap(linesOf),
    [
      { heading: columns.service, value: ({ service }) => service.service },
      { heading: columns.health, value: ({ service }) => service.health },
      { heading: columns.version, value: ({ instance }) => instance?.version ?? '' },
      { heading: columns.share, value: ({ service, instance }) => shareOf(service, instance?.version), align: 'right' },
      { heading: columns.host, value: ({ instance }) => instance?.host ?? '' },
      { heading: columns.state, value: ({ instance }) => instance?.state ?? '' },
      { heading: columns.seen, value: ({ instance }) => (instance ? localTime(instance.seenAt) : '') },
      { heading: columns.started, value: ({ instance }) => (instance ? localTime(instance.startedAt) : ''), wide: true },
      { heading: columns.problems, value: ({ instance }) => instance?.problems.join('; ') ?? '', wide: true },
    ],
    noServices,
  );
}

interface Line {
  service: PlatformService;
  /** Absent for a service of which nothing was heard. */
  instance?: PlatformService['instances'][number];
}

const linesOf = (service: PlatformService): Line[] =>
  service.instances.length === 0 ? [{ service }] : service.instances.map((instance) => ({ service, instance }));

/** What the version of an instance answers of all calls of its service. */
function shareOf({ versions }: PlatformService, version: string | undefined): string {
  const share = versions.find((one) => one.version === version)?.callShare ?? null;
  return share === null ? '' : `${Math.round(share * 100)}%`;
}
