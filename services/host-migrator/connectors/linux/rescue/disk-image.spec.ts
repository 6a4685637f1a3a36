import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { createImage } from './disk-image';
import type { QemuSettings } from './qemu-settings';

const missing = spawnSync('qemu-img', ['--version']).status === 0 ? null : 'qemu-img is not installed';
const MIB = 1024 * 1024;

describeIf(missing, 'an image', () => {
  let folder: string;
  const settings = { imageProgram: 'qemu-img' } as QemuSettings;
  const { signal } = new AbortController();

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'smartant-image-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once', async () => {
    for (const format of ['raw', 'qcow2', 'vmdk'] as const) {
      const image = { path: join(folder, `a.${format}`), format, sizeBytes: 8 * MIB };
      await expect(createImage(image, settings, signal)).resolves.toEqual({ made: true });
      await expect(createImage(image, settings, signal)).resolves.toEqual({ made: false });
    }
  });

  it('is not one whose content lies in another file of this machine', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, Buffer.alloc(8 * MIB, 's'));
    const path = join(folder, 'planted.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', path]);
    const image = { path, format: 'qcow2' as const, sizeBytes: 8 * MIB };
    await expect(createImage(image, settings, signal)).rejects.toMatchObject({ code: 'HOST_IMAGE_EXISTS' });
    const vmdk = { path: join(folder, 'planted.vmdk'), format: 'vmdk' as const, sizeBytes: 8 * MIB };
    writeFileSync(
      vmdk.path,
      `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW ${(8 * MIB) / 512} FLAT "secret" 0\nddb.adapterType = "ide"\n`,
    );
    await expect(createImage(vmdk, settings, signal)).rejects.toMatchObject({ code: expect.stringMatching(/^HOST_IMAGE_/) as string });
  });
});
