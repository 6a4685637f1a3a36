import type { Clock } from '@smartant/kernel';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import { allFailures } from '../migrations/migration-failures';
import type { Migrators } from '../ports/migrator';
import type { ReportSigner } from '../ports/report-signer';
import type { UnitOfWork } from '../ports/unit-of-work';
import { reportKeyContext, type Vault } from '../ports/vault';
import type { DsseEnvelope } from '@smartant/proof';
import type { ReportKey, ReportKeyUseCases } from '../use-cases';
import { buildReport } from './build-report';

export interface ReportIssuerOptions {
  unitOfWork: UnitOfWork;
  vault: Vault;
  signer: ReportSigner;
  migrators: Migrators;
  clock: Clock;
  /** Of this software, as the report states it. */
  version: string;
}

/** Signs reports with the key that was made at first start and never leaves the database unsealed. */
export class ReportIssuer implements ReportKeyUseCases {
  constructor(private readonly options: ReportIssuerOptions) {}

  /** Makes the first key, or checks that the present one can be opened. Raises VAULT_KEY_MISMATCH under another master key. */
  async prepare(): Promise<ReportKey> {
    const { unitOfWork, vault, signer, clock } = this.options;
    const { reportKeys } = unitOfWork.direct;
    if ((await reportKeys.current()) === null) {
      const { keyId, publicKeyPem, privateKeyPem } = signer.createKey();
      const plaintext = Buffer.from(privateKeyPem);
      const sealed = await vault.seal(reportKeyContext(keyId), plaintext).finally(() => plaintext.fill(0));
      await reportKeys.insertFirst({ keyId, publicKeyPem, createdAt: new Date(clock.nowMs()).toISOString(), retiredAt: null }, sealed);
    }
    return (await this.openCurrent()).key;
  }

  list(): Promise<ReportKey[]> {
    return this.options.unitOfWork.direct.reportKeys.list();
  }

  /** The signed report of a verified migration as it stands. Asks the migrator for its failures. */
  async issue(migration: DrivenMigration): Promise<DsseEnvelope> {
    const { unitOfWork, migrators, signer, clock, version } = this.options;
    const { direct } = unitOfWork;
    const { workspaceId, id, spec } = migration;
    const [failures, waivers, source, target, { key, privateKeyPem }] = await Promise.all([
      allFailures(migrators.of(spec.kind), id),
      direct.waivers.list(id),
      direct.endpoints.find(workspaceId, spec.sourceEndpointId),
      direct.endpoints.find(workspaceId, spec.targetEndpointId),
      this.openCurrent(),
    ]);
    const report = buildReport({ migration, source, target, failures, waivers, version, issuedAtMs: clock.nowMs() });
    return signer.sign(report, privateKeyPem, key.keyId);
  }

  /** The key that is in use. Never log or keep what it gives. */
  async openCurrent(): Promise<{ key: ReportKey; privateKeyPem: string }> {
    const current = await this.options.unitOfWork.direct.reportKeys.current();
    if (!current) throw new Error('there is no report key: prepare() makes it');
    const privateKey = await this.options.vault.open(reportKeyContext(current.key.keyId), current.sealedPrivateKey);
    const privateKeyPem = privateKey.toString('utf8');
    privateKey.fill(0);
    return { key: current.key, privateKeyPem };
  }
}
