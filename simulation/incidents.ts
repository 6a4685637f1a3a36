import type { Incident } from './scenario';
import type { Simulation } from './simulation';
import { ask } from './users';
import { CALM, type Weather } from './engine/weather';

/** Lets an incident happen at its time. */
export function scheduleIncident(incident: Incident, simulation: Simulation): void {
  // Writes and requests are counted where they are made.
  if (incident.kind !== 'at-write' && incident.kind !== 'at-request')
    simulation.world.at(incident.atMs, () => happen(incident, simulation));
}

function happen(incident: Extract<Incident, { atMs: number }>, simulation: Simulation): void {
  const { world } = simulation;
  switch (incident.kind) {
    case 'kill':
      return processOf(incident, simulation)?.kill(incident.forMs);
    case 'stop':
      return processOf(incident, simulation)?.stop(incident.forMs);
    case 'partition':
      return processOf(incident, simulation)?.cutOff(incident.forMs);
    case 'drain': {
      const node = simulation.nodes[incident.process - simulation.replicas.length];
      return node ? node.drain(incident.forMs) : processOf(incident, simulation)?.kill(incident.forMs);
    }
    case 'process-clock': {
      const process = processOf(incident, simulation);
      if (process) process.clockOffsetMs += incident.byMs;
      return world.note('world', () => `the clock of ${process?.name} jumps by ${incident.byMs} ms`);
    }
    case 'database-restart':
      return databaseOf(incident, simulation).restart(incident.downMs, incident.loseMs);
    case 'database-clock':
      databaseOf(incident, simulation).clockOffsetMs += incident.byMs;
      simulation.armPumps();
      return world.note('world', () => `the clock of the ${incident.database}'s database jumps by ${incident.byMs} ms`);
    case 'weather':
      return changeWeather(incident, simulation);
    case 'user':
      return ask(simulation, `mig_${incident.migration}`, incident.action);
    case 'source':
      return simulation.objects.get(`mig_${incident.migration}`)?.changeSource(incident.key, incident.value);
  }
}

function changeWeather({ weather, forMs }: Extract<Incident, { kind: 'weather' }>, simulation: Simulation): void {
  const { world } = simulation;
  world.note('world', () => `weather for ${forMs} ms: ${JSON.stringify(weather)}`);
  Object.assign(simulation.weather, weather);
  world.at(forMs, () => {
    for (const name of Object.keys(weather) as (keyof Weather)[]) simulation.weather[name] = CALM[name];
  });
}

function processOf({ process }: { process: number }, { processes }: Simulation) {
  return processes[process % processes.length];
}

function databaseOf({ database }: { database: 'scheduler' | 'migrator' }, simulation: Simulation) {
  return database === 'scheduler' ? simulation.schedulerDatabase : simulation.migratorDatabase;
}
