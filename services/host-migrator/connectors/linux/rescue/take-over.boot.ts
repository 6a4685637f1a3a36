import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { whyNoMachines, rescueFolder } from '../boot/testkit/boot-parts';
import { whyNotAsked } from '../boot/testkit/migrated-machines';
import { openTarget, sourceImage } from '../boot/testkit/source-image';
import { startMachine } from '../boot/testkit/start-machine';
import { listTargetDisks } from '../layout/target-disks';
import { cloneImage } from './disk-image';
import { defaultQemuSettings } from './qemu-settings';
import { readRescueFiles } from './rescue-files';
import { isRescue, takeOver } from './take-over';

const MINUTE = 60_000;
const asked = whyNotAsked('all');

describeIf(whyNoMachines() ?? asked, 'a running machine that is taken over', () => {
  const { signal } = new AbortController();
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'smartant-takeover-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers at the same address with the same keys, its disks free, and returns to its own system by a restart', async () => {
    const settings = await defaultQemuSettings();
    const access = await sourceImage('bios', settings, signal);
    const disk = await cloneImage(access.image, join(folder, 'machine.qcow2'), settings, signal);
    const order = { name: 'machine', folder, disk: { ...disk, serial: 'disk-0' }, boot: 'bios' } as const;
    const machine = await startMachine(order, access, settings, signal);
    const { endpoint } = machine;
    try {
      const inventory = { hostname: 'machine', interfaces: [] };
      const takeover = {
        endpoint,
        inventory,
        files: await readRescueFiles(rescueFolder()),
        returnAfterSeconds: 600,
        timeoutMs: 5 * MINUTE,
      };
      expect(await takeOver(takeover, openTarget, signal)).toEqual({ taken: true });
      expect(await takeOver(takeover, openTarget, signal)).toEqual({ taken: false });
      const session = await openTarget(endpoint, signal);
      expect(await isRescue(session, signal)).toBe(true);
      const disks = await listTargetDisks(session, signal);
      expect(disks).toEqual([expect.objectContaining({ path: '/dev/vda', serial: 'disk-0' })]);
      const { stdout } = await session.run(['cat', '/proc/self/mounts'], { signal });
      expect(stdout.toString('utf8')).not.toContain('/dev/vda');
      await session.run(['sh', '-c', '(sleep 1; busybox reboot -f) >/dev/null 2>&1 &'], { signal });
      session.close();
      let back = false;
      for (const untilMs = performance.now() + 8 * MINUTE; !back && performance.now() < untilMs;) {
        back = await openTarget(endpoint, AbortSignal.timeout(30_000))
          .then(async (again) => !(await isRescue(again, signal).finally(() => again.close())))
          .catch(() => false);
        if (!back) await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      expect(back).toBe(true);
    } finally {
      await machine.kill();
    }
  });
});
