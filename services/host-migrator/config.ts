import { addressSetting, integerSetting, loadConfig, serviceSchema } from '@smartant/platform/config';
import { z } from 'zod';

const schema = serviceSchema({
  SMARTANT_SCHEDULER_ADDRESS: addressSetting,
  /** Migrations that this process works on at once. */
  SMARTANT_HOST_MIGRATIONS: integerSetting({ min: 1, max: 256 }).prefault('16'),
  /** Folder of the rescue system (`npm run provision -- rescue`). Empty: images, and targets that are taken over, are refused. */
  SMARTANT_RESCUE_DIR: z.string().default(''),
  /** Where machines that this process starts leave their consoles and process ids. */
  SMARTANT_MACHINES_DIR: z.string().optional(),
  /** How machines are emulated: `auto` is KVM where it works. */
  SMARTANT_QEMU_ACCELERATION: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
  SMARTANT_QEMU_MEMORY_MIB: integerSetting({ min: 512, max: 65_536 }).prefault('1024'),
  SMARTANT_QEMU_CPUS: integerSetting({ min: 1, max: 64 }).prefault('2'),
  /** How long a machine may take until SSH answers: minutes, where it is emulated. */
  SMARTANT_MACHINE_START_SECONDS: integerSetting({ min: 10, max: 3_600 }).prefault('600'),
  /** How long a rehearsal may hold still a filesystem of a source that goes on, where LVM has no snapshot of it. Of volumes by their blocks. */
  SMARTANT_REHEARSAL_HOLD_SECONDS: integerSetting({ min: 1, max: 900 }).prefault('20'),
});

export type HostMigratorConfig = z.output<typeof schema>;

/** Raises CONFIG_INVALID, naming every wrong value. */
export function loadHostMigratorConfig(env: NodeJS.ProcessEnv = process.env): HostMigratorConfig {
  return loadConfig(schema, env);
}
