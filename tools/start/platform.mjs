import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './install.mjs';
import { PostgresServer } from './postgres-server.mjs';
import { checkDiskSpace, isUnused, lockDataFolder, openDataFolder } from './data-folder.mjs';
import { setUpDatabase } from './database-setup.mjs';
import { clearLeftovers, recordProcesses } from './leftovers.mjs';
import { checkPorts } from './ports.mjs';
import { ensureSecrets } from './secrets.mjs';
import { describeServices, isReady, renewCertificates } from './services.mjs';
import { StartError } from './start-error.mjs';
import { SupervisedProcess } from './supervised-process.mjs';

const databaseRestartMs = 1_000;
/** A rollover of the authority takes three of these; certificates are renewed days before their end. */
const certificatesEveryMs = 60_000;

/** Everything `npm start` runs, as one thing that starts in order and stops in reverse. */
export class EmbeddedPlatform {
  #release;
  #database;
  #services = [];
  #extras = [];
  #stopping;
  #certificates;

  constructor({ settings, say }) {
    Object.assign(this, { settings, say });
  }

  get dataFolder() {
    return this.settings.dataFolder;
  }

  /** Checks first and starts nothing that a check refuses: folder, version, space, lock, leftovers, ports. */
  async prepare() {
    checkDiskSpace(this.dataFolder);
    // An earlier run may have left something on the ports of its folder; with a new one, a refusal leaves no trace.
    if (isUnused(this.dataFolder)) await checkPorts(this.settings.ports);
    openDataFolder(this.dataFolder);
    this.#release = lockDataFolder(this.dataFolder);
    this.secrets = ensureSecrets(this.dataFolder);
    this.#database = new PostgresServer({
      dataFolder: this.dataFolder,
      port: this.settings.ports.postgres,
      password: this.secrets['postgres-password'].value,
      say: this.say,
    });
    await this.#database.prepare();
    await clearLeftovers(this.dataFolder, this.say);
    this.#database.stopStale();
    await checkPorts(this.settings.ports);
  }

  /** Compiles what changed. In a session of its own, so that Ctrl-C does not leave half a build. */
  build() {
    const script = join(repositoryRoot, 'tools/build/build.mjs');
    const built = spawnSync(process.execPath, [script], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      encoding: 'utf8',
    });
    if (built.status !== 0)
      throw new StartError(
        'START_BUILD_FAILED',
        `The sources could not be compiled: ${built.stderr.trim()}`,
        'In an unchanged clone this is a defect; else correct the named file.',
      );
  }

  /** A Ctrl-C may come between any two steps: nothing is started behind the back of a stop. */
  #refuseWhenStopping() {
    if (this.#stopping) throw new Error('stopping');
  }

  async startDatabase() {
    this.#refuseWhenStopping();
    await this.#database.start();
    this.#database.onExit = (code) => this.#restartDatabase(code);
    this.#record();
    await setUpDatabase(this.#database, this.secrets);
  }

  /** The server recovers by itself from everything short of its own end; then it is started again, and the services reconnect. */
  #restartDatabase(code) {
    this.say(`The database ended (status ${code}); starting it again`);
    setTimeout(() => {
      if (this.#stopping) return;
      this.#database.start().then(
        () => {
          this.#database.onExit = (status) => this.#restartDatabase(status);
          this.#record();
        },
        (error) => {
          this.say(error.message);
          this.#restartDatabase('none');
        },
      );
    }, databaseRestartMs);
  }

  /** True in the run that made the database: nobody can have an API key or a second factor yet. */
  get isFirstStart() {
    return this.#database.isNew;
  }

  /** Runs `work` beside a scheduler to which a password is enough, whatever the shell says; it is stopped afterwards. */
  async withPasswordAlone(work) {
    const scheduler = (await this.#describeServices()).find(({ name }) => name === 'scheduler');
    const relaxed = this.#superviseService(scheduler, { SMARTANT_SECOND_FACTOR_REQUIRED: 'false' });
    this.#refuseWhenStopping();
    this.#services = [relaxed];
    relaxed.start();
    await relaxed.whenReady();
    const result = await work();
    await relaxed.stop();
    this.#services = [];
    return result;
  }

  #describeServices() {
    return describeServices({ ...this.settings, secrets: this.secrets });
  }

  #superviseService({ name, script, environment, adminPort }, more = {}) {
    return this.#supervise({ name, script, environment: { ...environment, ...more }, isReady: isReady(adminPort) });
  }

  async startServices() {
    this.#services = (await this.#describeServices()).map((service) => this.#superviseService(service));
    this.#refuseWhenStopping();
    for (const service of this.#services) service.start();
    await Promise.all(this.#services.map((service) => service.whenReady()));
    this.#certificates = setInterval(() => this.#renewCertificates(), certificatesEveryMs).unref();
  }

  /** What fails is tried again: there are days left when it begins. */
  async #renewCertificates() {
    const names = this.#services.map(({ name }) => name);
    try {
      const step = await renewCertificates(this.dataFolder, names);
      if (step !== 'none') this.say(`The authority of the services is being replaced: ${step}`);
    } catch (error) {
      this.say(`The certificates of the services could not be renewed: ${error.message}`);
    }
  }

  /** A process beside the services, stopped after them. */
  async startExtra({ name, script, args, environment, isReady: ready }) {
    const extra = this.#supervise({
      name,
      script: join(repositoryRoot, script),
      args,
      environment: { PATH: process.env.PATH, ...environment },
      isReady: ready,
    });
    this.#refuseWhenStopping();
    this.#extras.push(extra);
    extra.start();
    await extra.whenReady();
  }

  #supervise(options) {
    const logFile = join(this.dataFolder, 'logs', `${options.name}.console.log`);
    return new SupervisedProcess({ ...options, logFile, say: this.say, onChange: () => this.#record() });
  }

  #record() {
    const database = this.#database?.identity;
    recordProcesses(this.dataFolder, [
      database && { name: 'postgres', ...database },
      ...[...this.#services, ...this.#extras].map((child) => child.identity),
    ]);
  }

  /** Stops in order: services, database, extras. A second call with `immediately` overtakes the first. */
  async stop({ immediately = false } = {}) {
    if (this.#stopping && !immediately) return this.#stopping;
    this.#stopping = this.#stopAll({ immediately });
    return this.#stopping;
  }

  async #stopAll(options) {
    clearInterval(this.#certificates);
    await Promise.all(this.#services.map((service) => service.stop(options)));
    await Promise.all([this.#database?.stop(options), ...this.#extras.map((extra) => extra.stop(options))]);
    this.#release?.();
    this.#release = undefined;
  }
}
